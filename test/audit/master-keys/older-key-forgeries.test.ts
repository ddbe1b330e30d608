// A change that is not finished, and somebody with the older of the two keys, which still counts, who may add rows to the audit
// log: they take neither the change back nor the newer key out of use.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditChain, type AuditRow, createAuditChain, GENESIS } from '../../../src/audit/audit-chain.ts';
import { checkMasterKeys } from '../../../src/crypto/master-keys.ts';
import { BEFORE_THE_FIRST, FORGERIES, forge, type Log, NEW, newer, OLD, OLDEST, older, oldest } from './forged-rows.ts';
import { type KeyChangeLog, openKeyChangeLog } from './key-change-log.ts';
import { createRulingRows } from './ruling-rows.ts';

const NOBODY = '0123456789ab';
const checkpoint = (head: Log['head'], keys: string, vouchers: readonly string[] = []) =>
  forge(head, {
    action: 'audit.checkpoint',
    details: { pruned_to: head.seq, pruned_mac: head.mac, keys, retired: NEW },
    vouchers,
  });
const behindAGap = ({ head }: Log) => ({ seq: head.seq + 1, mac: 'made up' });
const OWN: typeof FORGERIES = [
  ['one that takes the new key out of use', (log) => checkpoint(log.head, OLD)],
  ['one that names itself three times', (log) => checkpoint(log.head, `${OLD} ${OLD} ${OLD}`)],
  ['the same behind a gap', (log) => checkpoint(behindAGap(log), `${OLD} ${OLD} ${OLD}`)],
  ['one with the oldest key, which is out of use', (log) => checkpoint(log.head, `${OLD} ${OLDEST}`, [OLDEST])],
  ['one with keys that nobody has', (log) => checkpoint(log.head, `${OLD} ${NOBODY} ${NOBODY.replace('0', 'a')}`)],
  [
    'one behind a gap, and a change to a key that nobody has',
    (log) => {
      const rows = checkpoint(behindAGap(log), OLD);
      const begun = { action: 'master_key.begun', details: { from: OLD, to: NOBODY }, vouchers: [OLD] } as const;
      return [...rows, ...forge(rows.at(-1) ?? log.head, begun).map((row) => ({ ...row, keyId: NOBODY }))];
    },
  ],
];

describe('the older of two keys that count', () => {
  let log: KeyChangeLog;
  let rows: readonly AuditRow[] = [];
  beforeAll(async () => {
    log = await openKeyChangeLog();
  });
  afterAll(async () => log?.close());
  beforeEach(async () => {
    await log.reset();
    await log.change(older, oldest);
    const both = await log.begin(newer, older, oldest);
    for (let count = 0; count < 2; count += 1) await log.append(both);
    rows = await log.rows();
  });
  const expectNothingChanged = async (running: AuditChain) => {
    await log.append(running).catch(() => undefined);
    for (const { masterKeys } of [
      running,
      await log.start(newer, older, oldest),
      await log.start(newer, older),
      await log.start(older, newer),
    ]) {
      expect(masterKeys.ledger()).toMatchObject({ counting: [OLD, NEW], retired: [OLDEST] });
      expect(() => checkMasterKeys(masterKeys)).not.toThrow();
    }
    expect(running.masterKeys.active().id).toBe(NEW);
  };

  it.each([...FORGERIES, ...OWN])('%s changes nothing', async (_, make) => {
    const running = await log.start(newer, older);
    await log.insert(make({ head: await log.head(), rows }));
    await expectNothingChanged(running);
  });

  it.each([...FORGERIES, ...BEFORE_THE_FIRST, ...OWN])('%s changes nothing where rows were pruned', async (_, make) => {
    await log.prune(await log.start(newer, older, oldest), rows);
    const running = await log.start(newer, older);
    await log.insert(make({ head: await log.head(), rows }));
    await expectNothingChanged(running);
  });

  it('a change that began and was not finished does not come back with the checkpoint from then', async () => {
    const both = await log.start(newer, older, oldest);
    await log.prune(both, rows);
    const then = await log.rows();
    await log.finish(both);
    await log.append(both);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await log.prune(both, await log.rows());
    const now = new Set((await log.rows()).map(({ seq }) => seq));
    await log.insert(then.filter(({ seq }) => !now.has(seq)));
    for (const statement of [
      sql`select 1`,
      sql`delete from audit_log where action = 'audit.checkpoint' and seq > 12`,
    ]) {
      await log.tamper(statement);
      const { masterKeys } = await log.start(newer, older);
      expect(masterKeys.ledger()).toMatchObject({ counting: [NEW], retired: [OLDEST, OLD] });
    }
  });

  it('does not count beside the newer one where key_check says that that one is out of use, whatever rows say', async () => {
    await log.tamper(sql`update key_check set retired = ${`${OLDEST} ${NEW}`}`);
    for (const list of [
      [older, newer],
      [newer, older, oldest],
    ]) {
      const { masterKeys } = await log.start(...list);
      expect(masterKeys.ledger()).toMatchObject({ counting: [OLD], retired: [OLDEST, NEW] });
      expect(masterKeys.active().id).toBe(OLD);
    }
  });

  it('with several keys that are out of use does not outweigh the newer one', async () => {
    const another = Buffer.alloc(32, 9);
    const keys = [older, oldest, another];
    const [own = '', ...others] = createAuditChain(keys).keyIds;
    await log.tamper(sql`update key_check set retired = ${others.join(' ')}`);
    const running = await log.start(newer, ...keys);
    const head = await log.head();
    const details = { pruned_to: head.seq, pruned_mac: head.mac, keys: [own, ...others].join(' '), retired: '' };
    const { rule } = createRulingRows(createAuditChain(keys), head);
    await log.insert(rule([], { action: 'audit.checkpoint', details, by: own, vouchers: others }));
    for (const { masterKeys } of [await log.start(newer, ...keys), running])
      expect(masterKeys.ledger()).toMatchObject({ counting: [OLD, NEW], retired: others });
    await log.append(running);
    expect(running.masterKeys.active().id).toBe(NEW);
  });

  it('and the one between do not take each other out of use while a third change is open', async () => {
    const newest = Buffer.alloc(32, 9);
    const all = [newest, newer, older];
    const chain = await log.begin(...all);
    const counting = [OLD, NEW, chain.keyIds[0]];
    const head = await log.head();
    const both = createAuditChain([older, newer]);
    const { finish } = createRulingRows(both, head);
    await log.insert(finish([], NEW, OLD));
    expect((await log.start(...all)).masterKeys.ledger()).toMatchObject({ counting, retired: [OLDEST] });
    await log.append(chain);
    expect(chain.masterKeys.ledger()).toMatchObject({ counting, retired: [OLDEST] });
  });

  it('and the newer one do not make a key count that nobody has, where the beginning is pruned', async () => {
    await log.prune(await log.start(newer, older, oldest), rows);
    const both = createAuditChain([older, newer]);
    const begun = (head: Log['head'], from: string, to: string) =>
      createRulingRows(both, head).rule([], {
        action: 'master_key.begun',
        details: { from, to },
        by: to === NOBODY ? OLD : NEW,
        vouchers: from === NOBODY ? [] : [from],
      });
    const first = begun(GENESIS, OLD, NOBODY).map((row) => ({ ...row, keyId: NOBODY }));
    await log.insert([...first, ...begun(first[0] ?? GENESIS, NOBODY, NEW)]);
    await expectNothingChanged(await log.start(newer, older));
  });
});
