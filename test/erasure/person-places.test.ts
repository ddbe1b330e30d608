// The list of every place that holds a person, held to the tables, the attributes and the keys of Redis.
import { globSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { IMPERSONAL_COLUMNS, PERSON_PLACES } from '../../src/erasure/person-places.ts';
import { REALM_ATTRIBUTES } from '../../src/users/realm-attributes.ts';
import { ownedDataFolder } from '../support/database/data-folder.ts';

let database: Database;
let folder: Awaited<ReturnType<typeof ownedDataFolder>>;
beforeAll(async () => {
  folder = await ownedDataFolder();
  database = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
});
afterAll(async () => {
  await database?.close();
  folder?.remove();
});

const named = PERSON_PLACES.map(({ place }) => place);
const personal = named.filter((place) => /^\w+\.\w+$/.test(place));
const impersonal = Object.entries(IMPERSONAL_COLUMNS).flatMap(([table, columns]) =>
  columns.map((column) => `${table}.${column}`),
);

describe('the places that hold a person', () => {
  it('and the columns that hold none are all columns of all tables, each in one of the two', async () => {
    const { rows } = await sql<{ place: string }>`
      select concat(table_name, '.', column_name) as place from information_schema.columns
      where table_schema = 'public'`.execute(database.db);
    expect([...personal, ...impersonal].sort()).toEqual(rows.map(({ place }) => place).sort());
  });

  it('count every column that is called after a person', () => {
    const telling = /user|email|person|subject|actor_user|address|_name$|^owner/;
    expect(impersonal.filter((place) => telling.test(place.split('.')[1] ?? ''))).toEqual([
      'adoption_snapshots.users_total',
      'adoption_snapshots.users_with_keys',
    ]);
  });

  it('name every attribute and every key of Redis', () => {
    const covers = (kind: string, name: string): boolean =>
      named.some(
        (place) =>
          place.startsWith(kind) &&
          [...place.matchAll(/`([^`]+)`/g)].some(([, pattern = '']) => name.startsWith(pattern.replace('*', ''))),
      );
    for (const attribute of REALM_ATTRIBUTES.keys())
      expect([attribute, covers('Keycloak', attribute)]).toEqual([attribute, true]);
    const adapters = globSync('src/sessions/redis-*.ts')
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n');
    const kinds = new Set(
      [...adapters.matchAll(/(?:\$\{prefix\}|prefix \.\. ')([a-z-]+):/g)].map(([, kind = '']) => kind),
    );
    expect(kinds.size).toBeGreaterThan(3);
    // A mark that a session at Keycloak has ended: its number, and nothing of whose it was.
    kinds.delete('ended-provider-session');
    for (const kind of kinds) expect([kind, covers('Redis', `byok:${kind}:x`)]).toEqual([kind, true]);
  });

  it('say for each what an erasure does, how it is exported and what backs it up', () => {
    for (const { place, ...says } of PERSON_PLACES)
      for (const [what, text] of Object.entries(says)) expect(text.length, `${place}: ${what}`).toBeGreaterThan(0);
    expect(new Set(named).size).toBe(named.length);
  });
});
