// What the audit log says of master keys, in PostgreSQL and embedded: written once, carried over prunes, begun in old logs.
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditChain, createAuditChain, OLD_GENESIS } from '../../src/audit/audit-chain.ts';
import { auditFields } from '../../src/audit/audit-fields.ts';
import { beginKeyChange, finishKeyChange } from '../../src/audit/master-keys/postgres-key-changes.ts';
import { learnKeyLedger } from '../../src/audit/master-keys/postgres-key-ledger.ts';
import { appendAuditRows, insertAuditRows, lockAuditChain } from '../../src/audit/postgres-audit-rows.ts';
import { createPostgresAuditTrail } from '../../src/audit/postgres-audit-trail.ts';
import { erasePerson } from '../../src/audit/upkeep/postgres-audit-erasure.ts';
import { pruneAudit } from '../../src/audit/upkeep/postgres-audit-prune.ts';
import { keyCheckValue } from '../../src/crypto/key-check.ts';
import type { Database } from '../../src/database/database.ts';
import type { DatabaseUnderTest } from '../database/database-contract.ts';
import { anEvent, chainOf } from '../support/memory/audit-rows.ts';

const [older, newer] = [randomBytes(32), randomBytes(32)];
const actor = { kind: 'operator', id: 'byok rewrap' } as const;
const everywhere = async () => true;
const nowhere = async () => false;

/** @param open a database with all tables and nothing in them. */
export function describeKeyChanges(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`which master keys count: ${name}`, () => {
    let under: DatabaseUnderTest;
    let database: Database;
    beforeAll(async () => {
      under = await open();
      database = under.database;
    });
    afterAll(async () => {
      await under?.database.close();
      await under?.close();
    });
    beforeEach(async () => {
      await sql`truncate audit_log, key_check`.execute(database.db);
      await database.db
        .insertInto('key_check')
        .values({ value: keyCheckValue(older) })
        .execute();
    });
    /** A process with this list, newest first. */
    const start = async (...keys: Buffer[]): Promise<AuditChain> => {
      const chain = createAuditChain(keys);
      await learnKeyLedger(database.db, chain);
      return chain;
    };
    const append = (chain: AuditChain, count = 1) =>
      database.db.transaction().execute(async (trx) => {
        await lockAuditChain(trx);
        const news = Array.from({ length: count }, () => ({ fields: auditFields(anEvent()), at: new Date() }));
        await appendAuditRows(trx, chain, news);
      });
    const actions = async () =>
      (await database.db.selectFrom('audit_log').select('action').orderBy('seq').execute())
        .map(({ action }) => action)
        .filter((action) => action !== 'key.add');
    const verify = (chain: AuditChain) => createPostgresAuditTrail(database.db, chain).verify([]);
    const begin = (chain: AuditChain) => beginKeyChange(database.db, chain, everywhere);

    it('a change is begun once, however many start at the same time', async () => {
      await append(await start(older), 3);
      const chains = await Promise.all(Array.from({ length: 5 }, () => start(newer, older)));
      const states = await Promise.all(chains.map(begin));
      expect(states.filter((state) => state === 'begun')).toHaveLength(1);
      for (const chain of chains) await append(chain);
      expect(await actions()).toEqual(['master_key.begun']);
      expect(chains.map(({ masterKeys }) => masterKeys.active().bytes)).toEqual(chains.map(() => newer));
      expect(await verify(await start(newer, older))).toMatchObject({ firstBad: undefined, rows: 9 });
    });

    it('waits for every replica, and everybody goes on with the key that all have', async () => {
      const chain = await start(newer, older);
      await append(chain);
      expect(await beginKeyChange(database.db, chain, nowhere)).toBe('waiting');
      expect(chain.masterKeys.active().bytes).toEqual(older);
      await append(chain);
      expect(await verify(chain)).toMatchObject({ firstBad: undefined, rows: 2 });
    });

    it('a process that has not heard of the end of a change writes its next row with the new key all the same', async () => {
      await begin(await start(newer, older));
      const behind = await start(older, newer);
      await append(behind);
      await finishKeyChange(database.db, await start(newer, older), { everyReplicaHas: everywhere, actor });
      await append(behind);
      expect(await verify(await start(newer, older))).toMatchObject({ firstBad: undefined, rows: 4 });
      expect(await begin(behind)).toBeUndefined();
      const stored = await database.db.selectFrom('key_check').select('value').executeTakeFirst();
      expect(stored?.value).toBe(keyCheckValue(newer));
    });

    it('is not finished while some replica lacks the key', async () => {
      const chain = await start(newer, older);
      await begin(chain);
      await expect(finishKeyChange(database.db, chain, { everyReplicaHas: nowhere, actor })).rejects.toThrow(
        'byok doctor',
      );
      expect(await actions()).toEqual(['master_key.begun']);
    });

    it.each([1, 3, 5, 9])('is known after a prune of the first %d rows', async (count) => {
      const old = await start(older);
      await append(old, 2);
      const both = await start(newer, older);
      await begin(both);
      await append(both, 2);
      await finishKeyChange(database.db, both, { everyReplicaHas: everywhere, actor });
      await append(both, 3);
      const rows = await database.db.selectFrom('audit_log').select(['seq', 'at']).orderBy('seq').execute();
      const cutoff = new Date((rows[count - 1]?.at.getTime() ?? 0) + 1);
      await pruneAudit(database.db, both, { cutoff, actor: { kind: 'system', id: 'retention' } });
      const again = await start(newer, older);
      expect(again.masterKeys.ledger()).toMatchObject({ counting: [both.keyIds[0]], retired: [both.keyIds[1]] });
      await append(again);
      expect(await verify(again)).toMatchObject({ firstBad: undefined, strict: true });
    });

    it('an old log is put under the rules at the first start, with the rows that are erased by then', async () => {
      const chain = await start(older);
      const rows = chainOf(20, chain, OLD_GENESIS);
      await database.db.transaction().execute((trx) => insertAuditRows(trx, rows));
      await sql`update audit_log set subject = null, actor_user = null, address = null, salt = null where subject = 'user-2'`.execute(
        database.db,
      );
      const { rows: erased } = await sql<{
        count: number;
      }>`select count(*)::integer as count from audit_log where salt is null and commitment is not null`.execute(
        database.db,
      );
      const fields = auditFields({
        action: 'audit.erase',
        outcome: 'ok',
        actor,
        details: { rows: erased[0]?.count ?? 0 },
      });
      await database.db.transaction().execute((trx) => appendAuditRows(trx, chain, [{ fields, at: new Date() }]));
      expect(await verify(chain)).toMatchObject({ firstBad: undefined, strict: false });

      const both = await start(newer, older);
      expect(await begin(both)).toBe('begun');
      expect(await begin(both)).toBeUndefined();
      expect(await actions()).toEqual(['audit.erase', 'audit.format', 'master_key.begun']);
      expect(await verify(both)).toMatchObject({
        firstBad: undefined,
        strict: true,
        unnamedErasures: erased[0]?.count,
      });
      expect(await erasePerson(database.db, both, 'user-1')).toBeGreaterThan(0);
      expect(await verify(both)).toMatchObject({ firstBad: undefined });
      await sql`update audit_log set subject = null, actor_user = null, address = null, salt = null where subject = 'user-0'`.execute(
        database.db,
      );
      expect((await verify(both)).firstBad).toMatchObject({ reason: 'erased' });
    });

    it('a log in which the key had been changed before there were such rows is begun from there', async () => {
      const chain = await start(older);
      const rows = chainOf(2, chain, OLD_GENESIS);
      const later = createAuditChain([newer, older]);
      const [, last] = rows;
      if (last === undefined) throw new Error('no row');
      rows.push(later.extend(last, auditFields(anEvent()), new Date()));
      await database.db.transaction().execute((trx) => insertAuditRows(trx, rows));
      const both = await start(newer, older);
      // Replicas of the version before go on writing with that key.
      expect(await beginKeyChange(database.db, both, nowhere)).toBe('begun');
      await append(both);
      expect(await verify(both)).toMatchObject({ firstBad: undefined, strict: true });
    });

    it('a row that nobody who may has written changes nothing', async () => {
      const both = await start(newer, older);
      await begin(both);
      await finishKeyChange(database.db, both, { everyReplicaHas: everywhere, actor });
      await sql`insert into audit_log select 3, at, 'master_key.begun', outcome, reason, provider, request_id,
      ${JSON.stringify({ from: both.keyIds[0], to: both.keyIds[1] })}::jsonb, actor_kind, service, actor_user, subject, address,
      salt, commitment, ${both.keyIds[1]}, mac from audit_log where seq = 2`.execute(database.db);
      expect((await start(newer, older)).masterKeys.ledger()).toMatchObject({ counting: [both.keyIds[0]] });
    });
  });
}
