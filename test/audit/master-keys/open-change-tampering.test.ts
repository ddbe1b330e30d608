// A change of the master key that is not finished, and somebody who takes rows of the log away, or puts rows into it: with
// none of the keys they neither take the new key out of use, nor the change back.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditChain, type AuditRow, createAuditChain, OLD_GENESIS } from '../../../src/audit/audit-chain.ts';
import { checkMasterKeys } from '../../../src/crypto/master-keys.ts';
import { OLD, OLDEST, older, oldest } from './forged-rows.ts';
import { type KeyChangeLog, openKeyChangeLog } from './key-change-log.ts';
import { createRulingRows } from './ruling-rows.ts';

describe('a change that is not finished', () => {
  let log: KeyChangeLog;
  beforeAll(async () => {
    log = await openKeyChangeLog();
  });
  afterAll(async () => log?.close());
  beforeEach(() => log.reset());
  const expectNothingRetired = ({ masterKeys }: AuditChain) => {
    expect(masterKeys.ledger().retired).toEqual([]);
    expect(() => checkMasterKeys(masterKeys)).not.toThrow();
  };

  it.each([
    ['takes away every row up to its beginning', sql`delete from audit_log where seq <= 2`],
    ['takes away its beginning', sql`delete from audit_log where seq = 2`],
    ['takes away the first row', sql`delete from audit_log where seq = 1`],
    ['takes away all rows', sql`delete from audit_log`],
    ['changes the first rows', sql`update audit_log set mac = 'x' where seq in (1, 2)`],
    ['changes what its beginning says', sql`update audit_log set details = '{"keys": "0123456789ab"}' where seq = 2`],
  ])('retires neither key where somebody %s', async (_, statement) => {
    const running = await log.begin(older, oldest);
    await log.tamper(statement);
    await log.append(running);
    for (const chain of [running, await log.start(older, oldest), await log.start(oldest, older)])
      expectNothingRetired(chain);
  });

  it('is begun all the same after somebody has put rows about the new key before the first row', async () => {
    const [first] = await log.rows();
    for (const seq of [0, -1])
      await log.insert([{ ...(first as AuditRow), seq, action: 'master_key.finished', keyId: OLD, mac: 'x' }]);
    const chain = await log.start(older, oldest);
    expectNothingRetired(chain);
    expect(chain.masterKeys.ledger().counting).toEqual([OLDEST]);
  });

  it.each([
    ['no text where there is one', { toString: 1, valueOf: 1 }],
    ['a list', ['k']],
  ])('is read where somebody puts a row there whose details hold %s', async (_, value) => {
    const running = await log.begin(older, oldest);
    const last = (await log.rows()).at(-1) as AuditRow;
    const strange = { from: OLDEST, to: '0123456789ab', vouched: value, keys: value, lost: value, seqs: value };
    const actions = [
      'master_key.begun',
      'master_key.finished',
      'audit.format',
      'audit.restored',
      'audit.erase',
    ] as const;
    await log.insert(
      actions.flatMap((action, index) => {
        const row = { ...last, action, keyId: index % 2 === 0 ? '0123456789ab' : OLDEST };
        const details = { ...strange, ...(index > 2 && { from: value, to: value }) } as never;
        const text = { ...strange, vouched: 'k:x', other: value } as never;
        return [
          { ...row, seq: last.seq + 2 * index + 1, details },
          { ...row, seq: last.seq + 2 * index + 2, details: text },
        ];
      }),
    );
    const counting = [OLDEST, OLD];
    expect((await log.start(older, oldest)).masterKeys.ledger()).toMatchObject({ counting, retired: [] });
    await log.append(running);
    expect(running.masterKeys.ledger()).toMatchObject({ counting, retired: [] });
    expect((await log.verify(running)).firstBad).toMatchObject({ seq: last.seq + 1 });
  });

  it('goes on where somebody puts back what was pruned, an older checkpoint among it', async () => {
    const alone = await log.start(oldest);
    for (let count = 0; count < 3; count += 1) await log.append(alone);
    await log.prune(alone, (await log.rows()).slice(0, 3));
    const checkpoint = (await log.rows()).find(({ action }) => action === 'audit.checkpoint');
    const both = await log.begin(older, oldest);
    await log.append(both);
    const pruned = await log.rows();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await log.prune(both, pruned);
    const get = (seq: number) => pruned.find((row) => row.seq === seq) as AuditRow;
    const last = pruned.at(-1)?.seq ?? 0;
    const first = checkpoint?.seq ?? 0;
    await log.insert([
      { ...get(first - 1), action: 'key.add', details: null },
      get(first),
      { ...get(last - 1), action: 'key.add', details: null },
      get(last),
    ]);
    await log.append(both);
    for (const { masterKeys } of [both, await log.start(older, oldest)]) {
      expect(masterKeys.ledger().counting).toEqual([OLDEST, OLD]);
      expect(masterKeys.active().id).toBe(OLD);
    }
  });

  it('is not made of a log that somebody with a prepared key has made look like an old one', async () => {
    const chain = await log.start(oldest, older);
    await log.tamper(sql`delete from audit_log`);
    const { write } = createRulingRows(createAuditChain([older]), OLD_GENESIS);
    await log.insert(write(write([], OLD), OLD));
    await log.tryBegin(chain).catch(() => undefined);
    await log.append(chain);
    for (const { masterKeys } of [chain, await log.start(oldest, older)])
      expect(masterKeys.ledger()).toMatchObject({ counting: [OLDEST], retired: [] });
  });
});
