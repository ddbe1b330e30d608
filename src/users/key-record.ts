// One provider's key as it lies in the user's attributes. Reads what the old service wrote as well.
import type { SealedKey } from '../crypto/key-vault.ts';
import type { Provider } from '../providers/provider-table.ts';
import { type EarlierTest, readTestReason, writeTestReason } from './test-reason.ts';
import type { AttributeChanges, DirectoryUser } from './user-directory.ts';

export interface KeyRecord extends SealedKey {
  readonly provider: string;
  readonly label: string;
  readonly endpoint: string | undefined;
  /** RFC 3339 in UTC. */
  readonly addedDate: string | undefined;
  readonly lastTested: string | undefined;
  readonly testStatus: string | undefined;
  readonly testReason: string | undefined;
  /** Beside a last test that could not say whether the key works: what the last one that could had said. */
  readonly earlierTest?: EarlierTest | undefined;
  readonly enabled: boolean;
  /** Counts the keys that this provider has had here, from 1; deleting begins anew. */
  readonly version: number;
}

export const FIELDS = [
  'key',
  'label',
  'added_date',
  'last_tested',
  'test_status',
  'test_reason',
  'endpoint',
  'binding',
  'enabled',
  'version',
] as const;
type Field = (typeof FIELDS)[number];
const SINGLE_VALUED = ['key', 'endpoint', 'binding'] as const satisfies readonly Field[];

export const attributeName = (provider: string, field: Field): string => `byok_${provider}_${field}`;

export const defaultLabel = (provider: Provider): string => `${provider.name} Key`;

/** @returns undefined where the user has no key for the provider. */
export function readKeyRecord(attributes: DirectoryUser['attributes'], provider: Provider): KeyRecord | undefined {
  const values = (field: Field): readonly string[] => attributes[attributeName(provider.id, field)] ?? [];
  const one = (field: Field): string | undefined => values(field)[0] || undefined;
  const token = one('key');
  if (values('key').every((value) => value === '')) return undefined;
  // Several values are what a race in the old service left behind. None of them can be trusted to be the key,
  // so the record reads as undecryptable until it is replaced. The same goes for its endpoint and binding.
  const ambiguous = SINGLE_VALUED.some((field) => values(field).length > 1);
  return {
    provider: provider.id,
    token: ambiguous ? '' : (token ?? ''),
    binding: one('binding'),
    label: one('label') ?? defaultLabel(provider),
    endpoint: one('endpoint'),
    addedDate: utc(one('added_date')),
    lastTested: utc(one('last_tested')),
    testStatus: one('test_status'),
    ...readTestReason(one('test_reason')),
    enabled: (values('enabled')[0] ?? 'true') === 'true' && values('enabled').length < 2,
    version: versionOf(values('version')),
  };
}

/** Absent, as on everything that the old service wrote, and unreadable count as the first. */
const versionOf = ([text = '', ...more]: readonly string[]): number =>
  more.length === 0 && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : 1;

const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?:Z|([+-]\d{2}):?(\d{2}))?)?$/;

/**
 * ISO 8601 in, RFC 3339 in UTC out. Old dates carry no zone and are UTC: `2025-10-10T22:00:00.000000`.
 * Anything that is no date reads as unknown: Date.parse alone would make a date of `hello 1` and of February 30.
 */
export function utc(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const [, day, time = '00:00', hours = '+00', minutes = '00'] = DATE.exec(text) ?? [];
  if (day === undefined) return undefined;
  const iso = isoDate(`${day}T${time}${hours}:${minutes}`);
  // As we write it ourselves.
  if (iso === text) return iso;
  return isoDate(`${day}T00:00Z`)?.startsWith(day) === true ? iso : undefined;
}

function isoDate(text: string): string | undefined {
  const time = Date.parse(text);
  const iso = Number.isNaN(time) ? undefined : new Date(time).toISOString();
  // Years beyond four digits have another form, which is no RFC 3339.
  return iso !== undefined && /^\d{4}-/.test(iso) ? iso : undefined;
}

/** Changes that store exactly this record: fields that are undefined or empty are removed. */
export function storeChanges(record: KeyRecord): AttributeChanges {
  const values: Record<Field, string | undefined> = {
    key: record.token,
    label: record.label,
    added_date: record.addedDate,
    last_tested: record.lastTested,
    test_status: record.testStatus,
    test_reason: writeTestReason(record),
    endpoint: record.endpoint,
    binding: record.binding,
    // Absent means enabled, as on everything that the old service wrote.
    enabled: record.enabled ? undefined : 'false',
    version: record.version === 1 ? undefined : String(record.version),
  };
  return new Map(FIELDS.map((field) => [attributeName(record.provider, field), values[field] || null]));
}

/** Changes for the fields that differ, so that what is there in an older form (dates, say) is not rewritten. */
export function changedFields(before: KeyRecord, after: KeyRecord): AttributeChanges {
  const old = storeChanges(before);
  return new Map([...storeChanges(after)].filter(([name, value]) => old.get(name) !== value));
}

/** Changes that remove every trace of the provider's key. */
export const removeChanges = (provider: string): AttributeChanges =>
  new Map(FIELDS.map((field) => [attributeName(provider, field), null]));
