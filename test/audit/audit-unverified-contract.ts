// Whoever may change the table, and has no encryption key, gets nothing signed: not by an erasure, nor by a prune.
import { randomBytes } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { anchorOf, createAuditChain, OLD_GENESIS } from '../../src/audit/audit-chain.ts';
import { auditFields } from '../../src/audit/audit-fields.ts';
import { beginKeyChange } from '../../src/audit/master-keys/postgres-key-changes.ts';
import { learnKeyLedger } from '../../src/audit/master-keys/postgres-key-ledger.ts';
import { appendAuditRows, insertAuditRows, lockAuditChain } from '../../src/audit/postgres-audit-rows.ts';
import { createPostgresAuditTrail } from '../../src/audit/postgres-audit-trail.ts';
import { erasePerson } from '../../src/audit/upkeep/postgres-audit-erasure.ts';
import { pruneAudit } from '../../src/audit/upkeep/postgres-audit-prune.ts';
import { recordRestore } from '../../src/audit/upkeep/postgres-audit-restores.ts';
import { keyCheckValue } from '../../src/crypto/key-check.ts';
import type { Database } from '../../src/database/database.ts';
import type { DatabaseUnderTest } from '../database/database-contract.ts';
import { anEvent, chainOf } from '../support/memory/audit-rows.ts';

const DAY_MS = 86_400_000;
const EMPTIED = sql`subject = null, actor_user = null, address = null, salt = null`;
const actor = { kind: 'operator', id: 'byok audit prune' } as const;

const ERASURE_EDITINGS: readonly (readonly [string, RawBuilder<unknown>, string])[] = [
  ['somebody else’s row is put under the name', sql`update audit_log set subject = 'ada' where seq = 2`, 'row 2 was'],
  ['the same, as who acted', sql`update audit_log set actor_user = 'ada' where seq = 2`, 'row 2 was'],
  [
    'a row is taken from under the name',
    sql`update audit_log set subject = 'eve', actor_user = 'eve' where seq = 3`,
    'row 3 was',
  ],
  ['a row is erased already, unrecorded', sql`update audit_log set ${EMPTIED} where seq = 3`, 'row 3 was erased'],
  ['a row is gone', sql`delete from audit_log where seq = 2`, 'row 2 is missing'],
  ['another row is changed', sql`update audit_log set outcome = 'refused' where seq = 4`, 'row 4 was'],
  [
    'a row has a number of its own',
    sql`update audit_log set seq = 9223372036854775807 where seq = 3`,
    'row 3 is missing',
  ],
  [
    'a row has a number before all',
    sql`update audit_log set seq = -9223372036854775808 where seq = 3`,
    'row 3 is missing',
  ],
];

const PRUNE_EDITINGS: readonly (readonly [string, RawBuilder<unknown>, string])[] = [
  [
    'young rows are made old',
    sql`update audit_log set at = (select at from audit_log where seq = 1) where seq between 2 and 5`,
    'row 2 was',
  ],
  [
    'one of them is',
    sql`update audit_log set at = (select at from audit_log where seq = 1) where seq = 2`,
    'row 2 was',
  ],
  ['all of them are', sql`update audit_log set at = (select at from audit_log where seq = 1)`, 'row 2 was'],
  ['they are older than any calendar', sql`update audit_log set at = '-infinity' where seq < 5`, 'row 1 was'],
  ['an old row is changed', sql`update audit_log set outcome = 'refused' where seq = 1`, 'row 1 was'],
  ['an old row is erased, unrecorded', sql`update audit_log set ${EMPTIED} where seq = 1`, 'row 1 was erased'],
  ['a young row is changed', sql`update audit_log set outcome = 'refused' where seq = 4`, 'row 4 was'],
  ['the first row is gone, unaccounted for', sql`update audit_log set seq = 77 where seq = 1`, 'missing'],
];

const ODD_VALUES: readonly (readonly [string, RawBuilder<unknown>])[] = [
  [
    'erasures below zero in a checkpoint',
    sql`update audit_log set details = details || '{"erasures_left": -9}' where action = 'audit.checkpoint'`,
  ],
  [
    'details of three thousand levels',
    sql`update audit_log set details = (repeat('[', 3000) || repeat(']', 3000))::jsonb where action = 'audit.checkpoint'`,
  ],
  ['the highest number', sql`update audit_log set seq = 9223372036854775807 where action = 'audit.checkpoint'`],
  ['the lowest number', sql`update audit_log set seq = -9223372036854775808 where action = 'audit.checkpoint'`],
];

export function describeUnverified(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`what nobody with the key has written, in ${name}`, () => {
    const key = randomBytes(32);
    const chain = createAuditChain([key]);
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
      await sql`truncate audit_log, key_check`.execute(database.db);
      await database.db
        .insertInto('key_check')
        .values({ value: keyCheckValue(key) })
        .execute();
      await learnKeyLedger(database.db, chain);
    });
    const trail = () => createPostgresAuditTrail(database.db, chain);
    const rows = () => trail().page({}, 10_000);
    const append = (subjects: readonly string[], at = new Date()) =>
      database.db.transaction().execute(async (trx) => {
        await lockAuditChain(trx);
        const news = subjects.map((subject) => ({
          fields: auditFields(anEvent({ subject, actor: { kind: 'user', id: subject } })),
          at,
        }));
        return await appendAuditRows(trx, chain, news);
      });
    const daysAgo = (days: number): Date => new Date(Date.now() - days * DAY_MS);
    const prune = (days = 365, batch?: number) =>
      pruneAudit(database.db, chain, { cutoff: daysAgo(days), actor, ...(batch === undefined ? {} : { batch }) });
    const begin = () => beginKeyChange(database.db, chain, async () => true);

    it.each(ERASURE_EDITINGS)('an erasure erases nothing where %s', async (_, editing, words) => {
      await append(['ada', 'bob', 'ada', 'bob', 'ada']);
      await editing.execute(database.db);
      const before = await rows();
      const refusal = erasePerson(database.db, chain, 'ada');
      await expect(refusal).rejects.toMatchObject({ name: 'StartupProblem', message: expect.stringContaining(words) });
      await expect(refusal).rejects.toThrow('byok audit verify');
      expect(await rows()).toEqual(before);
    });

    it('an erasure of somebody without rows finds who hides them, and writes nothing where there are none', async () => {
      await append(['ada', 'bob']);
      expect(await erasePerson(database.db, chain, 'eve')).toBe(0);
      expect(await rows()).toHaveLength(2);
      await sql`update audit_log set subject = 'eve', actor_user = 'eve' where seq = 1`.execute(database.db);
      await expect(erasePerson(database.db, chain, 'ada')).rejects.toThrow('row 1 was changed');
    });

    it('an erasure takes every row, however many, and names them', async () => {
      await append(Array.from({ length: 5_003 }, (_, index) => (index % 2 === 0 ? 'ada' : 'bob')));
      expect(await erasePerson(database.db, chain, 'ada')).toBe(2_502);
      expect(await trail().page({ concerning: 'ada' }, 10)).toEqual([]);
      expect(await trail().page({ concerning: 'bob' }, 10_000)).toHaveLength(2_501);
      expect(await trail().verify([])).toMatchObject({ firstBad: undefined });
    });

    it.each(PRUNE_EDITINGS)('a prune deletes nothing where %s', async (_, editing, words) => {
      await append(['ada'], daysAgo(400));
      await append(['bob', 'bob', 'bob', 'bob', 'bob']);
      await editing.execute(database.db);
      await sql`update audit_log set at = ${daysAgo(400)} where seq = (select min(seq) from audit_log) and seq > 1`.execute(
        database.db,
      );
      const before = await rows();
      await expect(prune()).rejects.toMatchObject({ name: 'StartupProblem', message: expect.stringContaining(words) });
      expect(await rows()).toEqual(before);
    });

    it('a prune in several parts leaves a checkpoint for each, and the chain whole', async () => {
      await append(
        Array.from({ length: 10 }, () => 'ada'),
        daysAgo(400),
      );
      await append(['bob', 'bob']);
      expect(await prune(365, 4)).toBe(10);
      expect((await rows()).map(({ seq, details }) => [seq, details?.pruned_to])).toEqual([
        [15, 10],
        [14, 8],
        [13, 4],
        [12, undefined],
        [11, undefined],
      ]);
      expect(await trail().verify([])).toMatchObject({ firstBad: undefined, strict: true });
      expect(await prune(365, 4)).toBe(0);
    });

    it('an anchor that is younger than what may have been pruned is a flaw, and no restore excuses it', async () => {
      const { head: old } = await append(['ada'], daysAgo(400));
      await append(['bob']);
      expect(await prune()).toBe(1);
      const anchor = { seq: old.seq, head: anchorOf(old) };
      const verify = async (at?: Date) => await trail().verify([{ ...anchor, at }, anchor]);
      for (const at of [undefined, daysAgo(400), daysAgo(364.5)])
        expect(await verify(at)).toMatchObject({ firstBad: undefined });
      expect((await verify(daysAgo(363))).firstBad).toEqual({ seq: 1, reason: 'pruned' });
      // Announced once more, later: the first time counts.
      const twice = [
        { ...anchor, at: daysAgo(1) },
        { ...anchor, at: daysAgo(400) },
        { ...anchor, at: daysAgo(2) },
      ];
      expect(await trail().verify(twice)).toMatchObject({ firstBad: undefined });
      const restore = recordRestore(database.db, chain, [{ ...anchor, at: daysAgo(1) }], { dryRun: false, actor });
      await expect(restore).rejects.toThrow('row 1 was pruned');
    });

    it('a log is not taken for an old one, whatever somebody makes of its rows', async () => {
      await append(['ada', 'bob', 'ada', 'bob', 'ada', 'bob'], daysAgo(400));
      await sql`update audit_log set ${EMPTIED} where seq in (4, 6)`.execute(database.db);
      await sql`update audit_log set at = '2020-01-01' where seq < 4`.execute(database.db);
      await sql`update audit_log set action = 'audit.erase', details = '{"rows": 9}' where seq = 2`.execute(
        database.db,
      );
      const before = await rows();
      expect(await learnKeyLedger(database.db, chain)).toMatchObject({ strict: true });
      expect(await begin()).toBeUndefined();
      await expect(prune()).rejects.toThrow('row 1 was changed');
      expect(await rows()).toEqual(before);
    });

    it('rows of an old log are not put under the rules, nor pruned, before they are as they were written', async () => {
      const old = chainOf(20, chain, OLD_GENESIS);
      await database.db.transaction().execute((trx) => insertAuditRows(trx, old));
      await expect(prune()).rejects.toThrow('an earlier version');
      await sql`update audit_log set ${EMPTIED} where seq = 11`.execute(database.db);
      await expect(begin()).rejects.toThrow('row 11 was erased');
      await expect(prune()).rejects.toThrow('row 11 was erased');
      expect(await rows()).toHaveLength(20);
      const { subject = null, actorUser = null, address = null, salt = null } = old[10] ?? {};
      await database.db
        .updateTable('audit_log')
        .set({ subject, actor_user: actorUser, address, salt })
        .where('seq', '=', 11)
        .execute();
      expect(await begin()).toBeUndefined();
      expect((await rows())[0]).toMatchObject({ seq: 21, action: 'audit.format' });
      expect(await prune()).toBe(20);
      expect((await rows())[0]?.details).toMatchObject({ pruned_to: 20, erasures_left: 0 });
      expect(await trail().verify([])).toMatchObject({ firstBad: undefined, strict: true });
    });

    it.each(ODD_VALUES)('verification ends with a flaw where somebody has written %s', async (_, editing) => {
      await append(['ada'], daysAgo(400));
      await append(['bob']);
      await prune();
      await editing.execute(database.db);
      expect((await trail().verify([])).firstBad).toBeDefined();
    });
  });
}
