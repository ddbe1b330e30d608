// When a change of the master key begins and ends, when it does not, and what it leaves in the log and in `key_check`.
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuditChain, OLD_GENESIS } from '../../../src/audit/audit-chain.ts';
import { auditFields } from '../../../src/audit/audit-fields.ts';
import { AuditFlawProblem } from '../../../src/audit/upkeep/postgres-whole-audit.ts';
import { keyCheckValue } from '../../../src/crypto/key-check.ts';
import { StartupProblem } from '../../../src/shared/errors.ts';
import { anEvent, chainOf } from '../../support/memory/audit-rows.ts';
import { NEW, newer, OLD, OLDEST, older, oldest } from './forged-rows.ts';
import { type KeyChangeLog, nowhere, openKeyChangeLog } from './key-change-log.ts';

let log: KeyChangeLog;
beforeAll(async () => {
  log = await openKeyChangeLog();
});
afterAll(async () => log?.close());
beforeEach(() => log.reset());
const actions = async () => (await log.rows()).map(({ action }) => action);
const USED_OLDEST = { value: keyCheckValue(oldest), retired: '' };

describe('the beginning', () => {
  it('is one row of the service, of the new key', async () => {
    const chain = await log.begin(older, oldest);
    const [, begun] = await log.rows();
    expect(begun).toMatchObject({
      action: 'master_key.begun',
      outcome: 'ok',
      actorKind: 'system',
      service: 'byok',
      keyId: OLD,
      details: { from: OLDEST, to: OLD, vouched: expect.stringMatching(new RegExp(`^${OLDEST}:[\\w-]{43}$`)) },
    });
    expect(chain.masterKeys.ledger()).toEqual({ counting: [OLDEST, OLD], retired: [], asOf: 2 });
    expect(await log.keyCheck()).toEqual(USED_OLDEST);
  });

  it.each([
    ['there is one key', [oldest]],
    ['the first of the list counts already', [oldest, older]],
  ])('is not written where %s', async (_, keys) => {
    expect(await log.tryBegin(await log.start(...keys))).toBeUndefined();
    expect(await actions()).toEqual(['key.add']);
  });

  it('is not written where no key of the list is the one that the database is used with', async () => {
    for (const statement of [sql`update key_check set value = 'another'`, sql`delete from key_check`]) {
      await log.tamper(statement);
      const chain = await log.start(newer, older);
      expect(chain.masterKeys.ledger()).toEqual({ counting: [], retired: [], asOf: 0 });
      expect(await log.tryBegin(chain)).toBeUndefined();
    }
    expect(await actions()).toEqual(['key.add']);
  });

  it('is not written in a log that does not hold', async () => {
    await log.tamper(sql`update audit_log set outcome = 'denied'`);
    await expect(log.tryBegin(await log.start(older, oldest))).rejects.toThrow(AuditFlawProblem);
    expect(await actions()).toEqual(['key.add']);
  });

  it('goes by the rows that say so, and the number of the last of them is known', async () => {
    await log.change(older, oldest);
    const chain = await log.start(newer, older, oldest);
    await log.prune(chain, (await log.rows()).slice(0, 2));
    expect((await log.start(newer, older)).masterKeys.ledger().asOf).toBe(4);
    expect(await log.tryBegin(chain)).toBe('begun');
  });
});

describe('the beginning of the rules in an old log', () => {
  const old = createAuditChain([oldest]);
  const reset = async (...writers: Buffer[]) => {
    await log.tamper(sql`truncate audit_log`);
    const rows = chainOf(2, old, OLD_GENESIS);
    for (const key of writers) {
      const last = rows.at(-1);
      if (last !== undefined) rows.push(createAuditChain([key]).extend(last, auditFields(anEvent()), new Date()));
    }
    await log.insert(rows);
  };
  const news = async () => (await log.rows()).filter(({ action }) => action !== 'key.add');

  it('is a row of the service, alone where nothing changes', async () => {
    await reset();
    const chain = await log.start(oldest);
    expect(await log.tryBegin(chain)).toBeUndefined();
    expect(await news()).toMatchObject([
      { action: 'audit.format', service: 'byok', keyId: OLDEST, details: { version: 2, keys: OLDEST, erased: '' } },
    ]);
    expect(chain.masterKeys.ledger()).toEqual({ counting: [OLDEST], retired: [], asOf: 3 });
  });

  it('names the key in use alone, even where others have written in it, and the end takes them all out of use', async () => {
    await reset(older, oldest, older);
    const chain = await log.start(newer, older, oldest);
    expect(await log.tryBegin(chain)).toBe('begun');
    expect(await news()).toMatchObject([
      { action: 'audit.format', keyId: OLDEST, details: { keys: OLDEST } },
      { action: 'master_key.begun', keyId: NEW, details: { from: OLDEST, to: NEW } },
    ]);
    expect((await log.start(newer, older, oldest)).masterKeys.ledger().counting).toEqual([OLDEST, NEW]);
    expect(await log.verify(chain)).toMatchObject({ firstBad: undefined, strict: true });
    await log.finish(chain);
    expect(chain.masterKeys.ledger()).toMatchObject({ counting: [NEW], retired: [OLDEST, OLD] });
  });

  it('waits with the change for every replica, unless the old log was changed already', async () => {
    await reset();
    expect(await log.tryBegin(await log.start(older, oldest), nowhere)).toBe('waiting');
    expect(await news()).toEqual([]);
    await reset(older);
    expect(await log.tryBegin(await log.start(older, oldest), nowhere)).toBe('begun');
    expect((await news()).map(({ action }) => action)).toEqual(['audit.format', 'master_key.begun']);
  });

  it('is not written where rows cannot be verified, which says nothing against a change in a log under the rules', async () => {
    await reset(newer, oldest);
    await expect(log.tryBegin(await log.start(older, oldest))).rejects.toThrow(AuditFlawProblem);
    expect(await news()).toEqual([]);
    await log.reset();
    await log.change(older, oldest);
    expect(await log.tryBegin(await log.start(newer, older))).toBe('begun');
  });
});

describe('the end', () => {
  const NOTHING = new StartupProblem('There is no change of ENCRYPTION_KEY to finish. Nothing was changed.');

  it('leaves the keys that count no more in the log and in key_check', async () => {
    await log.change(older, oldest);
    expect(await log.keyCheck()).toEqual({ value: keyCheckValue(older), retired: OLDEST });
    expect((await log.rows()).at(-2)).toMatchObject({
      action: 'master_key.finished',
      service: 'byok rewrap',
      keyId: OLD,
      details: { from: OLDEST, to: OLD, vouched: expect.stringContaining(`${OLDEST}:`) },
    });
    await log.change(newer, older);
    expect(await log.keyCheck()).toEqual({ value: keyCheckValue(newer), retired: `${OLDEST} ${OLD}` });
  });

  it('takes a key that is listed and never took over out of use as well', async () => {
    await log.begin(older, oldest);
    const chain = await log.start(older, newer, oldest);
    await log.finish(chain);
    expect(chain.masterKeys.ledger()).toMatchObject({ counting: [OLD], retired: [OLDEST, NEW] });
  });

  it('leaves a key out of use, whichever way round a list is', async () => {
    await log.change(older, oldest);
    const chain = await log.start(oldest, older);
    expect(await log.tryBegin(chain)).toBeUndefined();
    expect(chain.masterKeys.active().id).toBe(OLD);
  });

  it.each([
    ['nothing has begun', [oldest]],
    ['the first of the list has not taken over', [newer, oldest]],
  ])('is refused where %s', async (_, keys) => {
    await expect(log.finish(await log.start(...keys))).rejects.toThrow(NOTHING);
    expect(await actions()).toEqual(['key.add']);
    expect(await log.keyCheck()).toEqual(USED_OLDEST);
  });

  it('is refused where another key is to take over, and for as long as some replica lacks the key', async () => {
    const chain = await log.begin(older, oldest);
    await expect(log.finish(await log.start(newer, older, oldest))).rejects.toThrow(NOTHING);
    await expect(log.finish(chain, nowhere)).rejects.toThrow(
      new StartupProblem(
        'Some running replica does not have the first key of ENCRYPTION_KEY: `byok doctor` says which. Nothing was changed.',
      ),
    );
    expect(await actions()).toEqual(['key.add', 'master_key.begun', 'key.add']);
    expect(await log.keyCheck()).toEqual(USED_OLDEST);
  });

  it('of two changes at once ends both older keys, also by a list that lacks one of them', async () => {
    await log.begin(older, oldest);
    await log.begin(newer, older, oldest);
    const chain = await log.start(newer, oldest);
    await log.finish(chain);
    expect(chain.masterKeys.ledger()).toMatchObject({ counting: [NEW], retired: [OLDEST, OLD] });
    expect((await log.rows()).at(-1)?.details).toEqual({
      from: `${OLDEST} ${OLD}`,
      to: NEW,
      vouched: expect.stringMatching(new RegExp(`^${OLDEST}:[\\w-]{43}$`)),
    });
    const both = await log.start(newer, older, oldest);
    expect(both.masterKeys.ledger()).toMatchObject({ counting: [NEW], retired: [OLDEST, OLD] });
  });
});

describe('what key_check says is out of use', () => {
  it('is out of use without any row that says so, unless it counts', async () => {
    await log.tamper(sql`update key_check set retired = ${`${OLD} nonsense ${OLDEST} ${NEW}`}`);
    const { masterKeys } = await log.start(older, oldest);
    expect(masterKeys.ledger()).toEqual({ counting: [OLDEST], retired: [OLD, NEW], asOf: 0 });
    expect(await log.tryBegin(await log.start(older, oldest))).toBeUndefined();
    expect(await actions()).toEqual(['key.add']);
  });
});
