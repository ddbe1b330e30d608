// Whoever has a retired key and may add rows to the audit log brings the key back by none of them.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditChain, type AuditRow, createAuditChain } from '../../../src/audit/audit-chain.ts';
import { auditFields } from '../../../src/audit/audit-fields.ts';
import { beginKeyChange, finishKeyChange } from '../../../src/audit/master-keys/postgres-key-changes.ts';
import { learnKeyLedger } from '../../../src/audit/master-keys/postgres-key-ledger.ts';
import {
  appendAuditRows,
  insertAuditRows,
  lockAuditChain,
  readAuditHead,
} from '../../../src/audit/postgres-audit-rows.ts';
import { createPostgresAuditTrail } from '../../../src/audit/postgres-audit-trail.ts';
import { pruneAudit } from '../../../src/audit/upkeep/postgres-audit-prune.ts';
import { keyCheckValue } from '../../../src/crypto/key-check.ts';
import { type Database, openDatabase } from '../../../src/database/database.ts';
import { ownedDataFolder } from '../../support/database/data-folder.ts';
import { anEvent } from '../../support/memory/audit-rows.ts';
import { BEFORE_THE_FIRST, FORGERIES, type Log, NEW, newer, OLD, OLDEST, older, oldest, thief } from './forged-rows.ts';

const actor = { kind: 'operator', id: 'byok rewrap' } as const;
const everywhere = async () => true;

describe('a retired key, and somebody who may add rows', () => {
  let database: Database;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    const folder = await ownedDataFolder();
    database = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
    remove = async () => folder.remove();
  });
  afterAll(async () => {
    await database?.close();
    await remove?.();
  });
  const start = async (...keys: Buffer[]): Promise<AuditChain> => {
    const chain = createAuditChain(keys);
    await learnKeyLedger(database.db, chain);
    return chain;
  };
  const append = (chain: AuditChain) =>
    database.db.transaction().execute(async (trx) => {
      await lockAuditChain(trx);
      await appendAuditRows(trx, chain, [{ fields: auditFields(anEvent()), at: new Date() }]);
    });
  const verify = (chain: AuditChain) => createPostgresAuditTrail(database.db, chain).verify([]);
  const change = async (...keys: Buffer[]) => {
    const chain = await start(...keys);
    expect(await beginKeyChange(database.db, chain, everywhere)).toBe('begun');
    await append(chain);
    await finishKeyChange(database.db, chain, { everyReplicaHas: everywhere, actor });
    await append(chain);
  };
  const allRows = async () => (await createPostgresAuditTrail(database.db, thief).page({}, 1_000)).reverse();
  const readLog = async (rows: readonly AuditRow[]): Promise<Log> => ({ head: await readAuditHead(database.db), rows });
  let rows: readonly AuditRow[] = [];
  beforeEach(async () => {
    await sql`truncate audit_log, key_check`.execute(database.db);
    await database.db
      .insertInto('key_check')
      .values({ value: keyCheckValue(oldest) })
      .execute();
    await append(await start(oldest));
    await change(older, oldest);
    await change(newer, older, oldest);
    rows = await allRows();
    expect(rows.map(({ action }) => action.replace('key.add', '-').replace('master_key.', ''))).toEqual([
      '-',
      'begun',
      '-',
      'finished',
      '-',
      'begun',
      '-',
      'finished',
      '-',
    ]);
  });
  const insert = (forged: readonly AuditRow[]) =>
    database.db.transaction().execute((trx) => insertAuditRows(trx, forged));
  const prune = async (count: number) => {
    const chain = await start(newer, older, oldest);
    const cutoff = new Date((rows[count - 1]?.at.getTime() ?? 0) + 1);
    await pruneAudit(database.db, chain, { cutoff, actor });
    await append(chain);
  };
  /** What the service says of keys, and writes with, whichever way round its list is. */
  const expectNothingChanged = async (named: number) => {
    for (const keys of [
      [newer, older, oldest],
      [newer, older],
      [older, newer],
      [oldest, newer],
    ]) {
      const { masterKeys } = await start(...keys);
      expect(masterKeys.ledger().counting).toEqual([NEW]);
      expect(masterKeys.ledger().retired).toEqual(expect.arrayContaining([OLD, OLDEST]));
      expect(masterKeys.isRetired(NEW)).toBe(false);
      expect(masterKeys.active().id).toBe(NEW);
    }
    const chain = await start(newer, older, oldest);
    await append(chain);
    expect(
      (await database.db.selectFrom('audit_log').select('key_id').orderBy('seq', 'desc').limit(1).execute())[0]?.key_id,
    ).toBe(NEW);
    expect((await verify(chain)).firstBad?.seq).toBe(named);
    expect(chain.masterKeys.ledger().counting).toEqual([NEW]);
  };
  const firstOf = (forged: readonly AuditRow[], { head }: Log): number => {
    const isGap = (forged[0]?.seq ?? 0) > head.seq + 1;
    return isGap ? head.seq + 1 : (forged[0]?.seq ?? 0);
  };

  it.each(FORGERIES)('%s changes nothing, and is named', async (_, make) => {
    const log = await readLog(rows);
    const forged = make(log);
    await insert(forged);
    await expectNothingChanged(firstOf(forged, log));
  });

  it.each([...FORGERIES, ...BEFORE_THE_FIRST])('%s changes nothing where the changes were pruned', async (_, make) => {
    await prune(9);
    const log = await readLog(rows);
    const forged = make(log);
    await insert(forged);
    await expectNothingChanged(firstOf(forged, log));
  });

  it.each([
    ['the end of the change', 'seq = 8'],
    ['the change', 'seq in (6, 8)'],
    ['every row since', 'seq > 5'],
    ['every row since it had begun', 'seq > 6'],
    ['all rows but one', 'seq > 1'],
  ])('where somebody takes %s out as well, the key that the database is used with counts', async (_, which) => {
    await sql`delete from audit_log where ${sql.raw(which)}`.execute(database.db);
    const head = await readAuditHead(database.db);
    await insert(FORGERIES[0]?.[1]({ head, rows }) ?? []);
    const { masterKeys } = await start(newer, older, oldest);
    expect(masterKeys.ledger().counting).toEqual([NEW]);
    expect(masterKeys.isRetired(OLD)).toBe(true);
  });

  it('a start without the keys that wrote the first rows knows the retired ones all the same', async () => {
    const log = await readLog(rows);
    await insert(FORGERIES.find(([name]) => name.endsWith('nothing of keys'))?.[1](log) ?? []);
    for (const keys of [[newer], [newer, older], [newer, oldest]]) {
      const { counting, retired } = (await start(...keys)).masterKeys.ledger();
      expect([counting, new Set(retired)]).toEqual([[NEW], new Set([OLD, OLDEST])]);
    }
  });
});
