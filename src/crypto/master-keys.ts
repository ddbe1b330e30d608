// The master keys of ENCRYPTION_KEY: which of them seals now, and which counts no more since the change to a newer one ended.
import { hkdfSync } from 'node:crypto';
import { ByokError, StartupProblem } from '../shared/errors.ts';

export interface MasterKey {
  /** Short, and tells nothing of the key. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** What the audit log says of master keys, by their ids. */
export interface KeyLedger {
  /** Keys that count, oldest first: a change that has begun and is not finished leaves several. Empty: nothing is known. */
  readonly counting: readonly string[];
  /** Keys whose change to a newer one is finished. What is made with one now is made by somebody who should not have it. */
  readonly retired: readonly string[];
  /** Number of the last row of the log that changed this; 0: none did. */
  readonly asOf: number;
}

export const UNKNOWN_LEDGER: KeyLedger = { counting: [], retired: [], asOf: 0 };

export interface MasterKeys {
  /** As they are listed: newest first. */
  readonly all: readonly MasterKey[];
  /**
   * The key that seals and writes the audit log: the first in the list, once a change to it has begun. Until then the
   * current one, which every replica has.
   * @throws ByokError `directory_misconfigured` where none of those that count is in the list.
   */
  active(): MasterKey;
  isRetired(id: string): boolean;
  /**
   * Below 0: the other one has taken over since; above 0: the other way round. Undefined where the log says nothing of one of
   * them. Where it has not been looked at, the list says it.
   */
  compareAge(id: string, other: string): number | undefined;
  /** Ids of keys that count, or that a running replica has, and that are not in the list. */
  missing(): readonly string[];
  /** Whether what is known of other replicas is true now. Where there are none it always is. */
  isInTouch(): boolean;
  ledger(): KeyLedger;
  learn(ledger: KeyLedger): void;
  /**
   * @param ids of all keys that the other running replicas have.
   * @param until when that may be taken for true, by `performance.now()`, which goes on while the process is stopped.
   */
  learnOthers(ids: readonly string[], until?: number): void;
  /** Told when what is known of keys has changed: what was made of it before may be wrong. */
  onChange(listener: () => void): void;
}

export const masterKeyId = (masterKey: Buffer): string =>
  Buffer.from(hkdfSync('sha256', masterKey, '', 'byok audit chain id v1', 6)).toString('hex');

/** @param masterKeys 32 bytes each, newest first. At least one. */
export function createMasterKeys(masterKeys: readonly Buffer[]): MasterKeys {
  const all = masterKeys.map((bytes) => ({ id: masterKeyId(bytes), bytes }));
  const [first] = all;
  if (first === undefined) throw new TypeError('createMasterKeys needs a key');
  const listeners: (() => void)[] = [];
  let ledger = UNKNOWN_LEDGER;
  let others: readonly string[] = [];
  let othersUntil = Number.POSITIVE_INFINITY;

  const has = (id: string): boolean => all.some((key) => key.id === id);
  /** Its place among those that count; -1 before them all, undefined where nothing is said of it. */
  const rank = (id: string): number | undefined => {
    const { counting, retired } = ledger;
    const place = (counting.length === 0 ? all.map((key) => key.id).reverse() : counting).indexOf(id);
    return place >= 0 || retired.includes(id) ? place : undefined;
  };
  const isInTouch = (): boolean => performance.now() < othersUntil;
  const changing = (change: () => void): void => {
    const known = (): string => JSON.stringify([ledger, others, isInTouch()]);
    const before = known();
    change();
    if (known() !== before) for (const listener of listeners) listener();
  };
  return {
    all,
    active() {
      const { counting } = ledger;
      if (counting.length === 0 || counting.includes(first.id)) return first;
      const id = counting.findLast(has);
      const key = all.find((one) => one.id === id);
      if (key === undefined) throw keyIsMissing(counting);
      return key;
    },
    isRetired: (id) => ledger.retired.includes(id),
    compareAge(id, other) {
      if (id === other) return 0;
      const [one, two] = [rank(id), rank(other)];
      return one === undefined || two === undefined ? undefined : one - two;
    },
    missing: () =>
      [...new Set([...ledger.counting, ...others])].filter((id) => !has(id) && !ledger.retired.includes(id)),
    isInTouch,
    ledger: () => ledger,
    learn(now) {
      changing(() => {
        ledger = now;
      });
    },
    learnOthers(ids, until = Number.POSITIVE_INFINITY) {
      changing(() => {
        others = [...new Set(ids)].sort();
        othersUntil = until;
      });
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

/** @throws StartupProblem where the list does not fit what the audit log says. Nothing was written then. */
export function checkMasterKeys({ all, ledger }: Pick<MasterKeys, 'all' | 'ledger'>): void {
  const { counting, retired } = ledger();
  const missing = counting.filter((id) => !all.some((key) => key.id === id));
  if (missing.length > 0)
    throw new StartupProblem(
      `ENCRYPTION_KEY lacks the key with the id ${missing.join(', ')}: a change to or from it has begun, and keys may be stored with it. ` +
        'Put it back into the list: ENCRYPTION_KEY=new,old. Nothing was written.',
    );
  const [first] = all;
  if (first !== undefined && retired.includes(first.id))
    throw new StartupProblem(
      `ENCRYPTION_KEY begins with a key that is out of use (id ${first.id}): the change from it to a newer one is finished. ` +
        'Put the newer one first. Nothing was written.',
    );
}

/** What cannot be decrypted here may be readable for another replica: nobody is told to add a key again for that. */
export const keyIsMissing = (ids: readonly string[] = []): ByokError =>
  new ByokError('directory_misconfigured', {
    detail:
      'This key cannot be read right now: another replica of the service may have an encryption key that this one lacks. ' +
      'If it stays so for minutes, an administrator must run `byok doctor`.',
    reason:
      ids.length === 0
        ? 'ENCRYPTION_KEY lacks a key that another replica has, or may have: run `byok doctor`'
        : `ENCRYPTION_KEY lacks a key that is in use (id ${ids.join(', ')}): run \`byok doctor\``,
  });
