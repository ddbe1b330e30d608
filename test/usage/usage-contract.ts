// What a UsageStore and a ServiceTokenStore must do, on each database.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { createPostgresServiceTokens } from '../../src/services/postgres-service-tokens.ts';
import { createPostgresUsage } from '../../src/usage/postgres-usage.ts';
import type { UsageEvent } from '../../src/usage/usage-store.ts';

const TODAY = '2026-11-22';
const TOMORROW = '2026-11-23';
const AT = new Date('2026-11-22T10:00:00.123Z');

export function describeUsage(name: string, open: () => Promise<{ database: Database; close: () => Promise<void> }>) {
  describe(`usage in ${name}`, () => {
    let database: Database;
    let close: () => Promise<void>;
    let store: ReturnType<typeof createPostgresUsage>;
    beforeAll(async () => {
      ({ database, close } = await open());
      store = createPostgresUsage(database.db);
    }, 120_000);
    afterAll(() => close?.());
    beforeEach(async () => {
      for (const table of ['usage_counters', 'usage_events', 'usage_batches', 'service_tokens'] as const)
        await database.db.deleteFrom(table).execute();
    });

    const add = (amount: number, day = TODAY, seed = 0) => store.increment('ada', { day, amount, seed });
    const event = (id: string, more: Partial<UsageEvent> = {}): UsageEvent => ({
      id,
      userId: 'ada',
      provider: 'openai',
      tokensUsed: 9_007_199_254,
      costUsd: '0.100000000000000000000001',
      occurredAt: AT,
      ...more,
    });
    const record = (events: UsageEvent[], key?: string, service = 'proxy') =>
      store.record({ service, events, key, bodyHash: `hash of ${key}`, answer: (recorded) => [...recorded].sort() });

    it('counts from what others have counted, and only the first time', async () => {
      expect(await add(2, TODAY, 40)).toEqual({ day: TODAY, used: 42 });
      expect(await add(1, TODAY, 40)).toEqual({ day: TODAY, used: 43 });
      expect(await store.read('ada')).toMatchObject({ day: TODAY, used: 43 });
      expect(await store.read('bob')).toBeUndefined();
    });

    it('loses no count of 50 at the same time, also while the day begins', async () => {
      const counts = await Promise.all(Array.from({ length: 50 }, () => add(1)));
      expect(counts.map(({ used }) => used).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      await Promise.all(Array.from({ length: 50 }, () => add(3, TOMORROW)));
      expect(await add(0, TOMORROW)).toEqual({ day: TOMORROW, used: 150 });
    });

    it('counts for the newer day what comes from a clock that is behind', async () => {
      await add(5, TOMORROW);
      expect(await add(1, TODAY)).toEqual({ day: TOMORROW, used: 6 });
    });

    it('begins anew when told, also before anything was counted', async () => {
      expect(await store.reset('ada', TODAY)).toEqual({ day: TODAY, used: 0 });
      expect(await add(7, TODAY, 40)).toEqual({ day: TODAY, used: 7 });
      expect(await store.reset('ada', TODAY)).toEqual({ day: TODAY, used: 0 });
    });

    it('records events exactly, each once for the service that sent it', async () => {
      expect((await record([event('b'), event('a'), event('b')])).answer).toEqual(['a', 'b']);
      expect((await record([event('a'), event('c')])).answer).toEqual(['c']);
      expect((await record([event('a')], undefined, 'other')).answer).toEqual(['a']);
      const rows = await database.db.selectFrom('usage_events').selectAll().orderBy('service').execute();
      expect(rows).toHaveLength(4);
      expect(rows[0]).toMatchObject({
        cost_usd: '0.100000000000000000000001',
        tokens_used: 9_007_199_254,
        occurred_at: AT,
      });
    });

    it('answers a batch that comes again, also 20 times at once, as the first time', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => record([event('a'), event(`only-${index}`)], 'k')),
      );
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
      expect(await database.db.selectFrom('usage_events').selectAll().execute()).toHaveLength(2);
      expect((await record([event('z')], 'k', 'other')).answer).toEqual(['z']);
    });

    it('records all of a batch or nothing, so that it can be sent again', async () => {
      const broken = event('b', { costUsd: 'much' });
      await expect(record([event('a'), broken], 'k')).rejects.toMatchObject({ code: 'database_unavailable' });
      expect((await record([event('a')], 'k')).answer).toEqual(['a']);
    });

    it('has no deadlock between batches that hold the same events in other orders', async () => {
      const ids = Array.from({ length: 100 }, (_, index) => `e-${index}`);
      const batches = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? ids : ids.toReversed()));
      const answers = await Promise.all(batches.map((batch) => record(batch.map((id) => event(id)))));
      expect(answers.flatMap(({ answer }) => answer).sort()).toEqual(ids.sort());
    });

    it('forgets the answers to batches of more than seven days ago, some with each later batch', async () => {
      const add = (count: number, age: string) =>
        sql`insert into usage_batches (service, batch_key, body_hash, answer, created_at)
          select 'proxy', ${age} || n, 'hash', '[]', now() - ${age}::interval
          from generate_series(1, ${count}::integer) as n`.execute(database.db);
      await add(1_500, '169 hours');
      await add(3, '167 hours');
      const keys = async () => {
        const rows = await database.db.selectFrom('usage_batches').select('batch_key').execute();
        return rows.map(({ batch_key }) => batch_key);
      };
      await record([event('a')], 'one');
      expect(await keys()).toHaveLength(500 + 3 + 1);
      await record([event('b')]);
      expect(await keys()).toHaveLength(500 + 3 + 1);
      await Promise.all(['two', 'three', 'four'].map((key) => record([event(key)], key)));
      await record([event('c')], 'five');
      const young = ['167 hours1', '167 hours2', '167 hours3'];
      expect((await keys()).sort()).toEqual([...young, 'five', 'four', 'one', 'three', 'two']);
    });

    it('hands each counted user out once a day for the copy, to one of many', async () => {
      const users = Array.from({ length: 12 }, (_, index) => `user-${index}`);
      for (const user of users) await store.increment(user, { day: TODAY, amount: 1, seed: 0 });
      const claim = () => store.claimForMirror(TODAY);
      const claimed = await Promise.all(Array.from({ length: 20 }, claim));
      // Some may have passed over a row that another held at that moment: they come again.
      for (let more = await claim(); more !== undefined; more = await claim()) claimed.push(more);
      expect(claimed.flatMap((one) => one?.userId ?? []).sort()).toEqual(users.sort());
      expect(await store.claimForMirror(TOMORROW)).toMatchObject({ day: TODAY, used: 1 });
      await store.releaseClaim('user-3');
      expect(await claim()).toEqual({ userId: 'user-3', day: TODAY, used: 1 });
    });

    it('keeps service tokens by hash, under a name that is free again once revoked', async () => {
      const tokens = createPostgresServiceTokens(database.db);
      const token = { name: 'webui', scopes: ['usage', 'resolve'], providers: ['openai', 'groq'] } as const;
      const times = { createdAt: AT, expiresAt: new Date('2027-01-31T23:59:59.999Z') };
      expect(await tokens.create({ ...token, ...times, tokenHash: 'h1' })).toBe(true);
      expect(await tokens.create({ ...token, ...times, tokenHash: 'h2' })).toBe(false);
      expect(await tokens.findByHash('h1')).toEqual({
        ...token,
        ...times,
        scopes: ['resolve', 'usage'],
        revokedAt: undefined,
      });
      expect(await tokens.findByHash('h2')).toBeUndefined();
      expect(await Promise.all([tokens.revoke('webui', AT), tokens.revoke('webui', AT)])).toEqual(
        expect.arrayContaining([true, false]),
      );
      expect(await tokens.findByHash('h1')).toBeUndefined();
      expect(await tokens.create({ ...token, providers: undefined, ...times, tokenHash: 'h2' })).toBe(true);
      expect(await tokens.list()).toMatchObject([{ revokedAt: AT }, { providers: undefined, revokedAt: undefined }]);
    });

    it('is unavailable when the database is', async () => {
      await database.close();
      const gone = { code: 'database_unavailable', status: 503 };
      const tokens = createPostgresServiceTokens(database.db);
      await expect(add(1)).rejects.toMatchObject(gone);
      await expect(store.read('ada')).rejects.toMatchObject(gone);
      await expect(store.reset('ada', TODAY)).rejects.toMatchObject(gone);
      await expect(record([event('a')], 'k')).rejects.toMatchObject(gone);
      await expect(store.claimForMirror(TODAY)).rejects.toMatchObject(gone);
      await expect(tokens.findByHash('h')).rejects.toMatchObject(gone);
      await expect(tokens.revoke('n', AT)).rejects.toMatchObject(gone);
    });
  });
}
