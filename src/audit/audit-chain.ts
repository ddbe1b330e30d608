// Ties audit rows into a chain: each row's MAC covers the row and the MAC before it, so that without the key no row can be
// changed, moved or taken out unnoticed. Personal fields are covered by a salted commitment: they can be erased.
import {
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { createMasterKeys, type MasterKeys } from '../crypto/master-keys.ts';
import type { AuditDetails, AuditFields } from './audit-fields.ts';

/** A row as it is stored. `null` where there is nothing, or nothing any more. */
export interface AuditRow extends AuditFields {
  /** 1, 2, 3 … without gaps. */
  readonly seq: number;
  /** To the millisecond. */
  readonly at: Date;
  /** 16 random bytes for this row; null where there is nothing personal, or where that was erased. */
  readonly salt: Buffer | null;
  /** HMAC-SHA256 of the personal fields, keyed by the salt; base64url. Null where there is nothing personal. */
  readonly commitment: string | null;
  /** Which of the keys the MAC was made with. */
  readonly keyId: string;
  /** HMAC-SHA256, base64url. */
  readonly mac: string;
}

/** The last row of a chain, or the row before its first. */
export interface ChainHead {
  readonly seq: number;
  readonly mac: string;
}

/** What the first row of all follows: every row is under the rules of `audit-rules.ts`. */
export const GENESIS: ChainHead = { seq: 0, mac: 'byok audit genesis v2' };
/** The same in a log that was begun before there were these rules. */
export const OLD_GENESIS: ChainHead = { seq: 0, mac: 'byok audit genesis v1' };

export type RowFlaw = 'edited' | 'unknown_key';

export interface AuditChain {
  readonly masterKeys: MasterKeys;
  /** Short names of the master keys, in the order of the list. They tell nothing of the keys. */
  readonly keyIds: readonly string[];
  /** The row that follows `previous`. @param keyId which key it is written with, where that is not the one in use. */
  extend(previous: ChainHead, fields: AuditFields, at: Date, keyId?: string): AuditRow;
  /** What is wrong with a row that should follow `previous`, as the row number `previous.seq + 1`. */
  flawOf(row: AuditRow, previous: ChainHead): RowFlaw | undefined;
  /**
   * What only somebody with that key can say of the row that follows `previous`: HMAC-SHA256, base64url. Undefined where
   * the key is not here, or nobody can have said it.
   */
  vouch(keyId: string, previous: ChainHead, action: string, details: AuditDetails): string | undefined;
}

interface ChainKey {
  readonly rows: KeyObject;
  readonly vouching: KeyObject;
}

/** @param keys the master keys, or 32 bytes each, newest first. All verify. */
export function createAuditChain(keys: MasterKeys | readonly Buffer[]): AuditChain {
  const masterKeys = 'active' in keys ? keys : createMasterKeys(keys);
  const byId = new Map(masterKeys.all.map(({ id, bytes }) => [id, toChainKey(bytes)]));
  return {
    masterKeys,
    keyIds: masterKeys.all.map(({ id }) => id),
    extend(previous, fields, at, keyId = masterKeys.active().id) {
      const key = byId.get(keyId);
      if (key === undefined) throw new TypeError('there is no such key');
      const isPersonal = personalFields(fields).some((field) => field !== null);
      const salt = isPersonal ? randomBytes(16) : null;
      const commitment = salt === null ? null : commit(salt, fields);
      const row = { ...fields, seq: previous.seq + 1, at, salt, commitment, keyId };
      return { ...row, mac: macOf(key.rows, row, previous) };
    },
    flawOf(row, previous) {
      const key = byId.get(row.keyId);
      if (key === undefined) return 'unknown_key';
      const expected = orNone(() => macOf(key.rows, { ...row, seq: previous.seq + 1 }, previous));
      return expected !== undefined && same(expected, row.mac) && personalFieldsHold(row) ? undefined : 'edited';
    },
    vouch(keyId, previous, action, details) {
      const key = byId.get(keyId);
      if (key === undefined) return undefined;
      const said = orNone(() => canonical(details));
      if (said === undefined) return undefined;
      const text = frame([previous.mac, String(previous.seq + 1), action, said]);
      return createHmac('sha256', key.vouching).update(text).digest('base64url');
    },
  };
}

/** A row whose personal fields were erased: only the commitment to them is left. */
export const isErased = (row: AuditRow): boolean => row.commitment !== null && row.salt === null;

/** What was published of a row: its number, and `anchorOf` it. */
export interface AuditAnchor {
  readonly seq: number;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly head: string;
  /** When it was published, where that is known: some time after the row was written. */
  readonly at?: Date | undefined;
}

/** What is published of a row as an anchor: tells nothing, and no other chain has it. */
export const anchorOf = ({ mac }: ChainHead): string => `sha256:${createHash('sha256').update(mac).digest('hex')}`;

function toChainKey(masterKey: Buffer): ChainKey {
  const derive = (info: string) => createSecretKey(Buffer.from(hkdfSync('sha256', masterKey, '', info, 32)));
  return { rows: derive('byok audit chain v1'), vouching: derive('byok audit vouch v1') };
}

const personalFields = ({ actorUser, subject, address }: AuditFields) => [actorUser, subject, address];

/** Each field preceded by its length in bytes, so that none can run into the next; `-` for nothing. */
const frame = (fields: readonly (string | null)[]): string =>
  fields.map((field) => (field === null ? '-' : `${Buffer.byteLength(field)}:${field}`)).join('');

const commit = (salt: Buffer, row: AuditFields): string =>
  createHmac('sha256', salt)
    .update(frame(personalFields(row)))
    .digest('base64url');

function personalFieldsHold(row: AuditRow): boolean {
  if (row.salt !== null) return row.commitment !== null && same(commit(row.salt, row), row.commitment);
  return personalFields(row).every((field) => field === null);
}

function macOf(key: KeyObject, row: Omit<AuditRow, 'mac'>, previous: ChainHead): string {
  const fields = [
    previous.mac,
    String(row.seq),
    timeOf(row.at),
    row.action,
    row.outcome,
    row.reason,
    row.provider,
    row.requestId,
    row.details === null ? null : canonical(row.details),
    row.actorKind,
    row.service,
    row.commitment,
    row.keyId,
  ];
  return createHmac('sha256', key).update(frame(fields)).digest('base64url');
}

/** Undefined: somebody has written what no row of ours can hold, such as details of ten thousand levels. */
function orNone(make: () => string): string | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Somebody may have written `infinity` into the table, which is read as no date. */
const timeOf = (at: Date): string => (Number.isFinite(at.valueOf()) ? at.toISOString() : String(at));

/** JSON with its members by name: jsonb keeps an order of its own. */
function canonical(details: object): string {
  return JSON.stringify(Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function same(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
