// What a migration says of itself.
import type { Migration } from 'kysely/migration';

export interface DatabaseMigration extends Pick<Migration, 'up'> {
  /**
   * Number of the oldest migration whose program can use the database after this one: 1 where tables, columns with
   * defaults or indexes are only added; its own number where something is removed, renamed or means something else.
   */
  readonly readableFrom: number;
}
