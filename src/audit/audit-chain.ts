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
import type { AuditFields } from './audit-fields.ts';

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

/** What the first row of all follows. */
export const GENESIS: ChainHead = { seq: 0, mac: 'byok audit genesis v1' };

export type RowFlaw = 'edited' | 'unknown_key';

export interface AuditChain {
  /** Short names of the master keys, newest first: the first is in use. They tell nothing of the keys. */
  readonly keyIds: readonly string[];
  /** The row that follows `previous`. */
  extend(previous: ChainHead, fields: AuditFields, at: Date): AuditRow;
  /** What is wrong with a row that should stand behind `previous`, as the row number `previous.seq + 1`. */
  flawOf(row: AuditRow, previous: ChainHead): RowFlaw | undefined;
}

interface ChainKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** @param masterKeys 32 bytes each, newest first: the first makes MACs, all verify. */
export function createAuditChain(masterKeys: readonly Buffer[]): AuditChain {
  const keys = masterKeys.map(toChainKey);
  const [first] = keys;
  if (first === undefined) throw new TypeError('createAuditChain needs a key');
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  return {
    keyIds: keys.map(({ id }) => id),
    extend(previous, fields, at) {
      const isPersonal = personalFields(fields).some((field) => field !== null);
      const salt = isPersonal ? randomBytes(16) : null;
      const commitment = salt === null ? null : commit(salt, fields);
      const row = { ...fields, seq: previous.seq + 1, at, salt, commitment, keyId: first.id };
      return { ...row, mac: macOf(first.key, row, previous) };
    },
    flawOf(row, previous) {
      const key = byId.get(row.keyId);
      if (key === undefined) return 'unknown_key';
      const expected = macOf(key, { ...row, seq: previous.seq + 1 }, previous);
      return same(expected, row.mac) && personalFieldsHold(row) ? undefined : 'edited';
    },
  };
}

/** A row whose personal fields were erased: only the commitment to them is left. */
export const isErased = (row: AuditRow): boolean => row.commitment !== null && row.salt === null;

/** What is published of a row as an anchor: tells nothing, and no other chain has it. */
export const anchorOf = ({ mac }: ChainHead): string => `sha256:${createHash('sha256').update(mac).digest('hex')}`;

function toChainKey(masterKey: Buffer): ChainKey {
  const derive = (info: string, length: number) => Buffer.from(hkdfSync('sha256', masterKey, '', info, length));
  return {
    id: derive('byok audit chain id v1', 6).toString('hex'),
    key: createSecretKey(derive('byok audit chain v1', 32)),
  };
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

/** Somebody may have written `infinity` into the table, which is read as no date. */
const timeOf = (at: Date): string => (Number.isFinite(at.valueOf()) ? at.toISOString() : String(at));

/** JSON with its members by name: jsonb keeps an order of its own. */
function canonical(details: object): string {
  return JSON.stringify(Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function same(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
