// Whoever has a retired key and may add rows to the audit log brings the key back by none of them.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRow } from '../../../src/audit/audit-chain.ts';
import { BEFORE_THE_FIRST, FORGERIES, type Log, NEW, newer, OLD, OLDEST, older, oldest } from './forged-rows.ts';
import { type KeyChangeLog, openKeyChangeLog } from './key-change-log.ts';

describe('a retired key, and somebody who may add rows', () => {
  let log: KeyChangeLog;
  let rows: readonly AuditRow[] = [];
  beforeAll(async () => {
    log = await openKeyChangeLog();
  });
  afterAll(async () => log?.close());
  beforeEach(async () => {
    await log.reset();
    await log.change(older, oldest);
    await log.change(newer, older, oldest);
    rows = await log.rows();
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
  const readLog = async (): Promise<Log> => ({ head: await log.head(), rows });
  const prune = async (count: number) => log.prune(await log.start(newer, older, oldest), rows.slice(0, count));
  /** What the service says of keys, and writes with, whichever way round its list is. */
  const expectNothingChanged = async (named: number) => {
    for (const keys of [
      [newer, older, oldest],
      [newer, older],
      [older, newer],
      [oldest, newer],
    ]) {
      const { masterKeys } = await log.start(...keys);
      expect(masterKeys.ledger().counting).toEqual([NEW]);
      expect(masterKeys.ledger().retired).toEqual(expect.arrayContaining([OLD, OLDEST]));
      expect(masterKeys.isRetired(NEW)).toBe(false);
      expect(masterKeys.active().id).toBe(NEW);
    }
    const chain = await log.start(newer, older, oldest);
    await log.append(chain);
    expect((await log.rows()).at(-1)?.keyId).toBe(NEW);
    expect((await log.verify(chain)).firstBad?.seq).toBe(named);
    expect(chain.masterKeys.ledger().counting).toEqual([NEW]);
  };
  const firstOf = (forged: readonly AuditRow[], { head }: Log): number => {
    const isGap = (forged[0]?.seq ?? 0) > head.seq + 1;
    return isGap ? head.seq + 1 : (forged[0]?.seq ?? 0);
  };

  it.each(FORGERIES)('%s changes nothing, and is named', async (_, make) => {
    const before = await readLog();
    const forged = make(before);
    await log.insert(forged);
    await expectNothingChanged(firstOf(forged, before));
  });

  it.each([...FORGERIES, ...BEFORE_THE_FIRST])('%s changes nothing where the changes were pruned', async (_, make) => {
    await prune(9);
    const before = await readLog();
    const forged = make(before);
    await log.insert(forged);
    await expectNothingChanged(firstOf(forged, before));
  });

  it.each([
    ['the end of the change', 'seq = 8'],
    ['the change', 'seq in (6, 8)'],
    ['every row since', 'seq > 5'],
    ['every row since it had begun', 'seq > 6'],
    ['all rows but one', 'seq > 1'],
    ['the changes', "action like 'master_key.%'"],
    ['all rows but the last', 'seq < 9'],
    ['all rows', 'true'],
  ])('where somebody takes %s out as well, the key that the database is used with counts', async (_, which) => {
    const running = await log.start(newer, older, oldest);
    await log.tamper(sql`delete from audit_log where ${sql.raw(which)}`);
    await log.append(running);
    await log.insert(FORGERIES[0]?.[1]({ head: await log.head(), rows }) ?? []);
    for (const { masterKeys } of [running, await log.start(newer, older, oldest), await log.start(newer, older)]) {
      expect(masterKeys.ledger().counting).toEqual([NEW]);
      expect([masterKeys.isRetired(NEW), masterKeys.isRetired(OLD), masterKeys.isRetired(OLDEST)]).toEqual([
        false,
        true,
        true,
      ]);
    }
  });

  it('a start without the keys that wrote the first rows knows the retired ones all the same', async () => {
    await log.insert(FORGERIES.find(([name]) => name.endsWith('nothing of keys'))?.[1](await readLog()) ?? []);
    for (const keys of [[newer], [newer, older], [newer, oldest]]) {
      const { counting, retired } = (await log.start(...keys)).masterKeys.ledger();
      expect([counting, new Set(retired)]).toEqual([[NEW], new Set([OLD, OLDEST])]);
    }
  });
});
