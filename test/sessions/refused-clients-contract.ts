// What every store of refused clients must do, run on each database.
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { createPostgresRefusedClients } from '../../src/sessions/postgres-refused-clients.ts';

export function describeRefusedClients(
  title: string,
  open: () => Promise<{ database: Database; close(): Promise<void> }>,
) {
  describe(`refused clients in ${title}`, () => {
    let world: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world?.close());

    const store = () => createPostgresRefusedClients(world.database.db);
    const names = async () => (await store().list()).map(({ clientId }) => clientId);
    const age = (days: number) =>
      sql`update refused_clients set last_seen_at = last_seen_at - ${days} * interval '1 day'`.execute(
        world.database.db,
      );

    it('are listed newest first, each once, with when it was seen last', async () => {
      await store().note('one');
      await age(1);
      await store().note('two');
      await age(1);
      await store().note('one');
      await expect(names()).resolves.toEqual(['one', 'two']);
      const [one, two] = await store().list();
      expect(Date.now() - (one?.lastSeenAt.getTime() ?? 0)).toBeLessThan(3_600_000);
      expect(Date.now() - (two?.lastSeenAt.getTime() ?? 0)).toBeGreaterThan(23 * 3_600_000);
    });

    it('are forgotten after thirty days', async () => {
      await age(31);
      await expect(names()).resolves.toEqual([]);
      await store().note('three');
      const { rows } = await sql<{ count: number }>`select count(*)::int as count from refused_clients`.execute(
        world.database.db,
      );
      expect(rows).toEqual([{ count: 1 }]);
    });

    it('are a hundred at most; one that is known is still brought up to date', async () => {
      for (let count = 0; count < 130; count += 1) await store().note(`client-${count}`);
      expect(await names()).toHaveLength(100);
      await age(2);
      await store().note('three');
      expect((await names())[0]).toBe('three');
      expect(await names()).toHaveLength(100);
    });

    it('may be called anything', async () => {
      await age(31);
      for (const name of ["x'; drop table refused_clients; --", '', 'Ü\n\u202e', '%'.repeat(255)])
        await store().note(name);
      expect(await names()).toHaveLength(4);
    });
  });
}
