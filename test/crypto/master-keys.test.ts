// Which key seals, which count and which are missing, by what the audit log and the other replicas say.
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  checkMasterKeys,
  createMasterKeys,
  type KeyLedger,
  keyIsMissing,
  masterKeyId,
} from '../../src/crypto/master-keys.ts';

const [NEWEST, MIDDLE, OLDEST, ELSEWHERE] = [4, 3, 2, 1].map((byte) => Buffer.alloc(32, byte)) as [
  Buffer,
  Buffer,
  Buffer,
  Buffer,
];
const [newest, middle, oldest, elsewhere] = [NEWEST, MIDDLE, OLDEST, ELSEWHERE].map(masterKeyId) as [
  string,
  string,
  string,
  string,
];
const LIST = [NEWEST, MIDDLE, OLDEST];

const ledger = (counting: readonly string[], retired: readonly string[] = [], asOf = 1): KeyLedger => ({
  counting,
  retired,
  asOf,
});
function keysWith(list: readonly Buffer[], known?: KeyLedger) {
  const keys = createMasterKeys(list);
  if (known !== undefined) keys.learn(known);
  return keys;
}

describe('the key that seals', () => {
  it.each<[string, KeyLedger | undefined, string]>([
    ['the first in the list where nothing is known', undefined, newest],
    ['the first in the list once a change to it has begun', ledger([oldest, newest]), newest],
    ['the current one before that, because every replica has it', ledger([oldest]), oldest],
    ['the newest that counts, where a change to another has begun', ledger([oldest, middle]), middle],
    ['the newest that counts of those in the list', ledger([oldest, middle, elsewhere]), middle],
  ])('is %s', (_what, known, id) => {
    expect(keysWith(LIST, known).active().id).toBe(id);
  });

  it('is none where none that counts is in the list: what it sealed could be read by nobody else', () => {
    const keys = keysWith(LIST, ledger([elsewhere]));
    expect(() => keys.active()).toThrow(
      expect.objectContaining({ code: 'directory_misconfigured', message: expect.stringContaining(elsewhere) }),
    );
  });

  it('is one of at least one', () => {
    expect(() => createMasterKeys([])).toThrow(new TypeError('createMasterKeys needs a key'));
  });
});

describe('a key', () => {
  it('is retired once the change from it is finished, whether it is in the list or not', () => {
    const keys = keysWith(LIST, ledger([newest], [oldest, elsewhere]));
    expect([newest, middle, oldest, elsewhere].map(keys.isRetired)).toEqual([false, false, true, true]);
  });

  it.each<[string, KeyLedger, readonly string[], readonly string[]]>([
    ['nothing of those in the list', ledger([oldest, newest]), [newest, middle], []],
    ['one that counts', ledger([elsewhere, newest]), [], [elsewhere]],
    ['one that another replica has', ledger([newest]), [newest, elsewhere], [elsewhere]],
    ['one that counts and that another replica has, once', ledger([elsewhere]), [elsewhere], [elsewhere]],
    ['none that is retired, whoever has it', ledger([newest], [elsewhere]), [elsewhere], []],
  ])('is missing: %s', (_what, known, others, missing) => {
    const keys = keysWith(LIST, known);
    keys.learnOthers(others);
    expect(keys.missing()).toEqual(missing);
  });
});

describe('what is known of other replicas', () => {
  const at = (ms: number): void => void vi.spyOn(performance, 'now').mockReturnValue(ms);

  it('is true for good where nobody says for how long: there is one process, or a command that has just asked', () => {
    onTestFinished(() => void vi.restoreAllMocks());
    const keys = createMasterKeys(LIST);
    at(Number.MAX_SAFE_INTEGER);
    expect(keys.isInTouch()).toBe(true);
    keys.learnOthers([newest]);
    expect(keys.isInTouch()).toBe(true);
  });

  it('is taken for true until it may have changed, and those who made something of it meanwhile are told of news', () => {
    onTestFinished(() => void vi.restoreAllMocks());
    const keys = createMasterKeys(LIST);
    let told = 0;
    keys.onChange(() => {
      told += 1;
    });
    at(1_000);
    keys.learnOthers([], 2_000);
    at(1_999);
    expect(keys.isInTouch()).toBe(true);
    keys.learnOthers([], 3_000);
    expect(told).toBe(0);
    at(3_000);
    expect(keys.isInTouch()).toBe(false);
    keys.learnOthers([], 4_000);
    expect([keys.isInTouch(), told]).toEqual([true, 1]);
  });
});

describe('those who keep something that was made of keys', () => {
  it('are all told when the ledger or the keys of other replicas change, and only then', () => {
    const keys = createMasterKeys(LIST);
    const told: string[] = [];
    keys.onChange(() => told.push('one'));
    keys.onChange(() => told.push('two'));
    const toldBy = (change: () => void): number => {
      told.length = 0;
      change();
      return told.length;
    };
    expect(toldBy(() => keys.learn(ledger([newest])))).toBe(2);
    expect(toldBy(() => keys.learn(ledger([newest])))).toBe(0);
    expect(toldBy(() => keys.learn(ledger([newest], [oldest])))).toBe(2);
    expect(toldBy(() => keys.learnOthers([newest, elsewhere]))).toBe(2);
    // The same keys, told in another order or twice.
    expect(toldBy(() => keys.learnOthers([elsewhere, newest, elsewhere]))).toBe(0);
    expect(toldBy(() => keys.learnOthers([]))).toBe(2);
    expect(told).toEqual(['one', 'two']);
  });

  it('find what is new when they are told', () => {
    const keys = createMasterKeys(LIST);
    const seen: unknown[] = [];
    keys.onChange(() => seen.push([keys.ledger(), keys.active().id]));
    keys.learn(ledger([oldest]));
    expect(seen).toEqual([[ledger([oldest]), oldest]]);
  });
});

describe('a start', () => {
  it.each<[string, readonly Buffer[], KeyLedger]>([
    ['nothing is known', [NEWEST], ledger([])],
    ['every key that counts is there', [NEWEST, OLDEST], ledger([oldest, newest])],
    ['an old key is still in the list after its change', [NEWEST, OLDEST], ledger([newest], [oldest])],
    ['a key that has never counted is in front', [NEWEST, OLDEST], ledger([oldest])],
  ])('passes where %s', (_what, list, known) => {
    expect(() => checkMasterKeys(keysWith(list, known))).not.toThrow();
  });

  it.each<[string, readonly Buffer[], KeyLedger, RegExp]>([
    [
      'keys that count are not there, and names each',
      [NEWEST],
      ledger([elsewhere, newest, oldest]),
      new RegExp(`^ENCRYPTION_KEY lacks .*${elsewhere}, ${oldest}: .*ENCRYPTION_KEY=new,old.*Nothing was written\\.$`),
    ],
    [
      'the first key is out of use',
      [OLDEST, NEWEST],
      ledger([newest], [oldest]),
      new RegExp(`^ENCRYPTION_KEY begins with .*${oldest}.*Put the newer one first\\. Nothing was written\\.$`),
    ],
  ])('stops where %s', (_what, list, known, message) => {
    expect(() => checkMasterKeys(keysWith(list, known))).toThrow(
      expect.objectContaining({ name: 'StartupProblem', message: expect.stringMatching(message) }),
    );
  });
});

it('that a key is missing is said to a person without ids, and to the log with those that are known', () => {
  for (const [error, reason] of [
    [keyIsMissing(), 'another replica has, or may have: run'],
    [keyIsMissing([oldest, newest]), `in use (id ${oldest}, ${newest}): run`],
  ] as const) {
    expect(error).toMatchObject({ code: 'directory_misconfigured', status: 503 });
    expect(error.detail).toMatch(/^This key cannot be read right now: another replica .*`byok doctor`\.$/);
    expect(error.detail).not.toContain(oldest);
    expect(error.message).toContain(reason);
  }
});
