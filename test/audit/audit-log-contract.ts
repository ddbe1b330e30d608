// What an audit log must do, whichever database it is in.
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { anchorOf, type ChainHead, createAuditChain } from '../../src/audit/audit-chain.ts';
import { createPostgresAuditLog } from '../../src/audit/postgres-audit-log.ts';
import { createPostgresAuditTrail } from '../../src/audit/postgres-audit-trail.ts';
import { erasePerson } from '../../src/audit/upkeep/postgres-audit-erasure.ts';
import { mayPruneAudit, pruneAudit } from '../../src/audit/upkeep/postgres-audit-prune.ts';
import type { Database } from '../../src/database/database.ts';
import type { DatabaseUnderTest } from '../database/database-contract.ts';
import { anEvent } from '../support/memory/audit-rows.ts';

export function describeAuditLog(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`the audit log in ${name}`, () => {
    const chain = createAuditChain([randomBytes(32)]);
    const heads: ChainHead[] = [];
    let underTest: DatabaseUnderTest;
    let database: Database;
    beforeAll(async () => {
      underTest = await open();
      database = underTest.database;
    }, 120_000);
    afterAll(async () => {
      await database?.close();
      await underTest?.close();
    });
    beforeEach(async () => {
      await sql`truncate audit_log`.execute(database.db);
      heads.length = 0;
    });
    const newLog = () =>
      createPostgresAuditLog({ db: database.db, chain, onWritten: (_before, head) => void heads.push(head) });
    const trail = () => createPostgresAuditTrail(database.db, chain);
    const rows = () => trail().page({}, 10_000);
    const verify = () => trail().verify([]);

    it('holds what was appended, when append resolves', async () => {
      const before = new Date();
      await newLog().append(anEvent());
      const [row] = await rows();
      expect(row).toMatchObject({
        seq: 1,
        action: 'key.add',
        outcome: 'ok',
        reason: null,
        provider: 'openai',
        requestId: 'r-1',
        details: { version: 2, tier: 'starter' },
        actorKind: 'user',
        service: null,
        actorUser: 'ada',
        subject: 'ada',
        address: '192.0.2.1',
        salt: expect.any(Buffer),
      });
      expect(row?.at.valueOf()).toBeGreaterThanOrEqual(before.valueOf());
      expect(await verify()).toMatchObject({ rows: 1, firstBad: undefined });
    });

    it('takes events that arrive together in few transactions, in the order in which they came', async () => {
      const log = newLog();
      await Promise.all(Array.from({ length: 1_200 }, (_, n) => log.append(anEvent({ details: { number: n } }))));
      const written = await rows();
      expect(written.map(({ details }) => details?.number)).toEqual(Array.from({ length: 1_200 }, (_, n) => 1_199 - n));
      expect(heads.map(({ seq }) => seq)).toEqual([1, 501, 1_001, 1_200]);
      expect(await verify()).toMatchObject({
        rows: 1_200,
        firstBad: undefined,
        head: { seq: 1_200, head: anchorOf(heads.at(-1) as ChainHead) },
      });
    });

    it('is one unbroken chain where two replicas append 500 each at once', async () => {
      const logs = [newLog(), newLog()];
      // Each has ten callers who wait for their row before the next one, so both have many transactions all the time.
      const call = async (caller: number): Promise<void> => {
        for (let turn = 0; turn < 50; turn++)
          await logs[caller % 2]?.append(anEvent({ requestId: `r-${caller}-${turn}` }));
      };
      await Promise.all(Array.from({ length: 20 }, (_, caller) => call(caller)));
      expect(heads.length).toBeGreaterThan(50);
      const written = await rows();
      expect(new Set(written.map(({ requestId }) => requestId)).size).toBe(1_000);
      expect(await verify()).toMatchObject({ rows: 1_000, firstBad: undefined });
    });

    it('writes what waits when it is closed, and refuses what comes after', async () => {
      const log = newLog();
      const waiting = Promise.all([log.append(anEvent()), log.append(anEvent())]);
      await log.close();
      await waiting;
      expect(await rows()).toHaveLength(2);
      await expect(log.append(anEvent())).rejects.toMatchObject({ code: 'audit_unavailable' });
    });

    it('refuses what is more than may wait, and writes the rest', async () => {
      const log = createPostgresAuditLog({ db: database.db, chain, maxWaiting: 3 });
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => log.append(anEvent())));
      const refused = results.filter(({ status }) => status === 'rejected');
      expect(refused.length).toBeGreaterThan(5);
      expect(await rows()).toHaveLength(10 - refused.length);
    });

    it('is read newest first, in pages, by everything that there is to ask for', async () => {
      const log = newLog();
      const events = [
        anEvent({ subject: 'ada', action: 'key.add' }),
        anEvent({ subject: 'bob', action: 'key.delete', outcome: 'failed', requestId: 'r-2' }),
        anEvent({ subject: 'bob', actor: { kind: 'user', id: 'bob' }, provider: 'groq' }),
        anEvent({ subject: 'eve', actor: { kind: 'service', id: 'gateway' } }),
      ];
      for (const event of events) await log.append(event);
      const seqs = async (...page: Parameters<ReturnType<typeof trail>['page']>) =>
        (await trail().page(...page)).map(({ seq }) => seq);
      expect(await seqs({}, 2)).toEqual([4, 3]);
      expect(await seqs({}, 2, 3)).toEqual([2, 1]);
      expect(await seqs({ concerning: 'ada' }, 10)).toEqual([2, 1]);
      expect(await seqs({ concerning: 'bob' }, 10)).toEqual([3, 2]);
      expect(await seqs({ subject: 'eve' }, 10)).toEqual([4]);
      expect(await seqs({ actor: 'ada' }, 10)).toEqual([2, 1]);
      expect(await seqs({ actor: 'gateway' }, 10)).toEqual([4]);
      expect(await seqs({ action: 'key.delete' }, 10)).toEqual([2]);
      expect(await seqs({ outcome: 'failed' }, 10)).toEqual([2]);
      expect(await seqs({ provider: 'groq' }, 10)).toEqual([3]);
      expect(await seqs({ requestId: 'r-2' }, 10)).toEqual([2]);
      expect(await seqs({ from: new Date(0), to: new Date(Date.now() + 60_000) }, 10)).toEqual([4, 3, 2, 1]);
      expect(await seqs({ to: new Date(0) }, 10)).toEqual([]);
      expect(await seqs({ from: new Date(Date.now() + 60_000) }, 10)).toEqual([]);
    });

    it('finds what somebody did to its rows, and names the first', async () => {
      const log = newLog();
      const fill = async () => {
        await sql`truncate audit_log`.execute(database.db);
        await Promise.all(Array.from({ length: 40 }, () => log.append(anEvent())));
      };
      const tampering = [
        [sql`update audit_log set outcome = 'refused' where seq = 17`, { seq: 17, reason: 'edited' }],
        [sql`update audit_log set subject = 'eve' where seq = 17`, { seq: 17, reason: 'edited' }],
        [sql`update audit_log set at = at + interval '1 millisecond' where seq = 17`, { seq: 17, reason: 'edited' }],
        [sql`update audit_log set at = 'infinity' where seq = 17`, { seq: 17, reason: 'edited' }],
        [sql`update audit_log set details = '5' where seq = 17`, { seq: 17, reason: 'edited' }],
        [sql`update audit_log set details = details || '{"a": 1}' where seq = 17`, { seq: 17, reason: 'edited' }],
        [sql`delete from audit_log where seq = 17`, { seq: 17, reason: 'missing' }],
        [sql`delete from audit_log where seq < 17`, { seq: 1, reason: 'missing' }],
        [sql`delete from audit_log where seq > 17`, { seq: 18, reason: 'truncated' }],
        [sql`delete from audit_log`, { seq: 1, reason: 'truncated' }],
        [
          sql`update audit_log set subject = null, actor_user = null, address = null, salt = null where seq = 17`,
          { seq: 17, reason: 'erased' },
        ],
        [
          sql`insert into audit_log select seq + 1, at, action, outcome, reason, provider, request_id, details, actor_kind,
            service, actor_user, subject, address, salt, commitment, key_id, mac from audit_log where seq = 40`,
          { seq: 41, reason: 'edited' },
        ],
      ] as const;
      for (const [statement, firstBad] of tampering) {
        await fill();
        const { head } = await verify();
        await statement.execute(database.db);
        const verdict = await trail().verify(head === undefined ? [] : [head]);
        expect(verdict.firstBad, statement.compile(database.db).sql).toEqual(firstBad);
      }
    });

    it('stays whole when a person is erased: nothing of them is left, and that it was done is', async () => {
      const log = newLog();
      for (const subject of ['ada', 'bob', 'ada'])
        await log.append(anEvent({ subject, actor: { kind: 'user', id: subject } }));
      await log.append(anEvent({ subject: 'ada', actor: { kind: 'user', id: 'root' } }));
      expect(await erasePerson(database.db, chain, 'ada')).toBe(3);
      const written = await rows();
      expect(JSON.stringify(written)).not.toContain('"ada"');
      expect(written[0]).toMatchObject({ action: 'audit.erase', service: 'byok audit erase', details: { rows: 3 } });
      expect(await trail().page({ concerning: 'bob' }, 10)).toHaveLength(1);
      expect(await verify()).toMatchObject({ rows: 5, firstBad: undefined });
      expect(await erasePerson(database.db, chain, 'ada')).toBe(0);
    });

    it('goes on behind a checkpoint when old rows are pruned, again and again', async () => {
      const log = newLog();
      const actor = { kind: 'system', id: 'retention' } as const;
      const prune = () => pruneAudit(database.db, chain, { cutoff: new Date(Date.now() + 60_000), actor });
      expect(await mayPruneAudit(database.db)).toBe(true);
      expect(await prune()).toBe(0);
      for (let turn = 1; turn <= 3; turn++) {
        for (let count = 0; count < 5; count++) await log.append(anEvent());
        expect(await pruneAudit(database.db, chain, { cutoff: new Date(0), actor })).toBe(0);
        expect(await prune()).toBe(turn === 1 ? 5 : 6);
        expect((await rows()).map(({ action }) => action)).toEqual(['audit.checkpoint']);
        expect(await prune()).toBe(0);
        expect(await verify()).toMatchObject({ rows: 1, firstBad: undefined });
      }
      await log.append(anEvent());
      expect(await verify()).toMatchObject({ rows: 2, firstBad: undefined });
      await sql`update audit_log set details = '{"pruned_to": 17, "pruned_mac": "x"}' where action = 'audit.checkpoint'`.execute(
        database.db,
      );
      expect((await verify()).firstBad).toEqual({ seq: 18, reason: 'edited' });
    });

    it('counts no erasure twice when its rows are pruned before what records it', async () => {
      const log = newLog();
      const actor = { kind: 'system', id: 'retention' } as const;
      const about = async (subject: string): Promise<void> => {
        for (let count = 0; count < 3; count++)
          await log.append(anEvent({ subject, actor: { kind: 'service', id: 'chat' } }));
      };
      await about('ada');
      const cutoff = new Date((await rows())[0]?.at.getTime() ?? 0);
      await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(cutoff.getTime() + 1));
      await about('bob');
      expect(await erasePerson(database.db, chain, 'ada')).toBe(3);
      expect(await pruneAudit(database.db, chain, { cutoff: new Date(cutoff.getTime() + 1), actor })).toBe(3);
      expect(await verify()).toMatchObject({ firstBad: undefined });
      // The owner of the table can do this without the key.
      await sql`update audit_log set subject = null, actor_user = null, address = null, salt = null where subject = 'bob'`.execute(
        database.db,
      );
      expect((await verify()).firstBad).toMatchObject({ reason: 'erased' });
    });

    it('loses nothing that is old enough to stay, and keeps its numbers', async () => {
      const log = newLog();
      for (let count = 0; count < 6; count++) await log.append(anEvent());
      const all = await rows();
      const cutoff = all.find(({ seq }) => seq === 4)?.at ?? new Date();
      const pruned = await pruneAudit(database.db, chain, { cutoff, actor: { kind: 'system', id: 'retention' } });
      const left = (await rows()).filter(({ action }) => action === 'key.add').map(({ seq }) => seq);
      expect(left).toEqual(all.map(({ seq }) => seq).filter((seq) => seq > pruned));
      expect(all.filter(({ at, seq }) => at >= cutoff && seq <= pruned)).toEqual([]);
      expect(await verify()).toMatchObject({ firstBad: undefined });
    });
  });
}
