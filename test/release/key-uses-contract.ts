// What KeyUses must answer, on each database.
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuditChain } from '../../src/audit/audit-chain.ts';
import type { AuditEvent } from '../../src/audit/audit-log.ts';
import { createPostgresAuditLog } from '../../src/audit/postgres-audit-log.ts';
import type { Database } from '../../src/database/database.ts';
import { createPostgresKeyUses, lastUses } from '../../src/release/postgres-key-uses.ts';

export function describeKeyUses(
  name: string,
  open: () => Promise<{ database: Database; close: () => Promise<void> }>,
): void {
  describe(`the last uses of keys in ${name}`, () => {
    let database: Database;
    let close: () => Promise<void>;
    let append: (event: Partial<AuditEvent>) => Promise<void>;
    beforeAll(async () => {
      ({ database, close } = await open());
      const log = createPostgresAuditLog({
        db: database.appends,
        chain: createAuditChain([randomBytes(32)]),
        onWritten: () => undefined,
      });
      append = (event) =>
        log.append({
          action: 'key.release',
          outcome: 'ok',
          actor: { kind: 'service', id: 'gateway' },
          subject: 'ada',
          provider: 'openai',
          details: { source: 'user', stale: false },
          ...event,
        });
    });
    afterAll(() => close?.());

    it('are each provider’s last release of the person’s own key, in the order of the providers', async () => {
      const uses = createPostgresKeyUses(database.db);
      expect(await uses.lastOf('ada')).toEqual([]);
      await append({ provider: 'groq', actor: { kind: 'service', id: 'chat' } });
      await append({ actor: { kind: 'service', id: 'chat' } });
      await append({});
      const before = await uses.lastOf('ada');
      expect(before).toEqual([
        { provider: 'openai', at: expect.any(Date), service: 'gateway' },
        { provider: 'groq', at: expect.any(Date), service: 'chat' },
      ]);
      const other = { kind: 'service', id: 'other' } as const;
      await append({ actor: other, subject: 'grace' });
      await append({ actor: other, outcome: 'refused', reason: 'no_key', details: undefined });
      await append({ actor: other, outcome: 'failed', reason: 'directory_unavailable', details: undefined });
      await append({ actor: other, details: { source: 'system' } });
      await append({ actor: other, action: 'key.test', details: { status: 'valid' } });
      await append({ actor: other, subject: undefined });
      expect(await uses.lastOf('ada')).toEqual(before);
      expect(await uses.lastOf('grace')).toMatchObject([{ provider: 'openai', service: 'other' }]);
      expect(await uses.lastOf("o'hara")).toEqual([]);
    });

    it('come from one look-up in the index for each provider, however many releases there are', async () => {
      const uses = createPostgresKeyUses(database.db);
      await sql`
        insert into audit_log (seq, at, action, outcome, provider, details, actor_kind, service, subject, key_id, mac)
        select 1000 + n, now(), 'key.release', 'ok', case when n < 15000 then 'groq' else 'openai' end,
          '{"source": "user"}', 'service', 'gateway', case when n % 10 = 0 then 'grace' else 'busy' end, '', ''
        from generate_series(1, 30000) as n`.execute(database.db);
      await sql`analyze audit_log`.execute(database.db);
      expect(await uses.lastOf('busy')).toHaveLength(2);
      const explained = await sql<{ 'QUERY PLAN': string }>`explain (analyze, timing off) ${lastUses('busy')}`.execute(
        database.db,
      );
      const plan = explained.rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).toContain('using audit_log_own_releases');
      expect(plan).not.toMatch(/Seq Scan|Sort Method: .* \d{4,}kB/);
      // Eight providers, at most one row each.
      expect(plan).toMatch(/Limit .*actual rows=\d(?:\.\d+)? loops=8/);
    });
  });
}
