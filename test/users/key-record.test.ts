import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROVIDERS, type Provider } from '../../src/providers/provider-table.ts';
import { FIELDS, type KeyRecord, readKeyRecord, removeChanges, storeChanges, utc } from '../../src/users/key-record.ts';

const provider = (id: string): Provider => {
  const row = PROVIDERS.get(id);
  if (row === undefined) throw new Error(`no provider ${id}`);
  return row;
};
const openai = provider('openai');
type Attributes = Readonly<Record<string, readonly string[]>>;

/** What Keycloak does with changes. */
function apply(attributes: Attributes, changes: ReadonlyMap<string, string | null>): Attributes {
  const after = new Map(Object.entries(attributes));
  for (const [name, value] of changes) {
    if (value === null) after.delete(name);
    else after.set(name, [value]);
  }
  return Object.fromEntries(after);
}

/** As the old service left it. */
const OLD: Attributes = {
  byok_openai_key: ['gAAAAABtoken'],
  byok_openai_label: ['Production Key'],
  byok_openai_added_date: ['2025-10-10T22:00:00.000000'],
  byok_openai_last_tested: ['2025-10-10T22:05:00.123456'],
  byok_openai_test_status: ['valid'],
  byok_openai_endpoint: ['https://api.openai.com/v1'],
};

describe('a record', () => {
  it('of the old service is read, with dates in UTC', () => {
    expect(readKeyRecord(OLD, openai)).toEqual({
      provider: 'openai',
      token: 'gAAAAABtoken',
      binding: undefined,
      label: 'Production Key',
      endpoint: 'https://api.openai.com/v1',
      addedDate: '2025-10-10T22:00:00.000Z',
      lastTested: '2025-10-10T22:05:00.123Z',
      testStatus: 'valid',
      testReason: undefined,
      enabled: true,
      version: 1,
    });
  });

  it('with nothing but a key has the default label and no dates', () => {
    expect(readKeyRecord({ byok_groq_key: ['token'] }, provider('groq'))).toMatchObject({
      label: 'Groq Key',
      addedDate: undefined,
      endpoint: undefined,
      enabled: true,
      version: 1,
    });
  });

  it.each([
    ['nothing at all', {}],
    ['no key', { byok_openai_label: ['Left over'] }],
    ['no value', { byok_openai_key: [] }],
    ['an empty value', { byok_openai_key: [''] }],
    ['the key of another provider', { byok_groq_key: ['token'] }],
    ['names that look alike', { byok_openai_key2: ['token'], openai_key: ['token'], BYOK_OPENAI_KEY: ['token'] }],
  ])('is not there: %s', (_, attributes: Attributes) => {
    expect(readKeyRecord(attributes, openai)).toBeUndefined();
  });

  it.each([
    ['two keys', { byok_openai_key: ['one', 'two'] }],
    ['the same key twice', { byok_openai_key: ['one', 'one'] }],
    ['a key and an empty value', { byok_openai_key: ['', 'one'] }],
    ['two endpoints', { byok_openai_endpoint: ['https://a.example', 'https://b.example'] }],
    ['an endpoint and an empty value', { byok_openai_endpoint: ['', 'https://b.example'] }],
    ['two bindings', { byok_openai_binding: ['one', 'two'] }],
  ])('with %s has no token that could be decrypted', (_, attributes: Attributes) => {
    expect(readKeyRecord({ ...OLD, ...attributes }, openai)).toMatchObject({ token: '', label: 'Production Key' });
  });

  it('is on unless it says otherwise, and off when in doubt', () => {
    const enabled = (values?: readonly string[]) =>
      readKeyRecord({ ...OLD, ...(values === undefined ? {} : { byok_openai_enabled: values }) }, openai)?.enabled;
    for (const on of [undefined, [], ['true']]) expect(enabled(on), JSON.stringify(on)).toBe(true);
    for (const off of [['false'], [''], ['TRUE'], ['yes'], ['true', 'true'], ['false', 'true'], ['true', 'false']])
      expect(enabled(off), JSON.stringify(off)).toBe(false);
  });

  const text = fc.string({ minLength: 1, maxLength: 30 });
  const date = fc
    .date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((value) => value.toISOString());
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
  const records = fc.record<KeyRecord>({
    provider: fc.constantFrom(...PROVIDERS.keys()),
    token: text,
    binding: optional(text),
    label: text,
    endpoint: optional(text),
    addedDate: optional(date),
    lastTested: optional(date),
    testStatus: optional(text),
    testReason: optional(text),
    enabled: fc.boolean(),
    version: fc.integer({ min: 1, max: 999_999_999 }),
  });
  const others: Attributes = { department: ['Engines'], subscription_tier: ['starter'], byok_mistral_key: ['x', 'y'] };

  it('comes back as it was stored, whatever was there before, and touches nothing else', () => {
    fc.assert(
      fc.property(records, records, (before, record) => {
        const stored = apply(
          apply(others, storeChanges(before)),
          storeChanges({ ...record, provider: before.provider }),
        );
        expect(readKeyRecord(stored, provider(before.provider))).toEqual({ ...record, provider: before.provider });
        expect(stored).toMatchObject(others);
      }),
    );
  });

  it('replaces several values by exactly one', () => {
    const racy = { ...OLD, byok_openai_key: ['one', 'two'], byok_openai_binding: ['one', 'two'] };
    const record = readKeyRecord(OLD, openai);
    if (record === undefined) throw new Error('not read');
    expect(readKeyRecord(apply(racy, storeChanges(record)), openai)).toEqual(record);
  });

  it('is removed without a trace, and nothing else is', () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(apply(apply(others, storeChanges(record)), removeChanges(record.provider))).toEqual(others);
      }),
    );
  });

  it('is stored and removed by changes to all of its fields and to nothing else', () => {
    const names = FIELDS.map((field) => `byok_openai_${field}`).sort();
    const record = readKeyRecord(OLD, openai);
    if (record === undefined) throw new Error('not read');
    expect([...storeChanges(record).keys()].sort()).toEqual(names);
    expect([...removeChanges('openai').keys()].sort()).toEqual(names);
    expect(new Set(removeChanges('openai').values())).toEqual(new Set([null]));
  });

  // Keycloak drops an empty value without a word, and what a write did not keep is a conflict.
  it('never stores an empty value', () => {
    const empty = { token: 'token', label: '', endpoint: '', binding: '', testStatus: '', testReason: '' };
    const record: KeyRecord = {
      provider: 'openai',
      addedDate: '',
      lastTested: '',
      enabled: true,
      version: 1,
      ...empty,
    };
    expect([...storeChanges(record).values()]).not.toContain('');
  });
});

describe('a date', () => {
  it.each([
    ['2025-10-10T22:00:00.000000', '2025-10-10T22:00:00.000Z'],
    ['2025-10-10T22:00:00', '2025-10-10T22:00:00.000Z'],
    ['2025-10-10T22:00', '2025-10-10T22:00:00.000Z'],
    ['2025-10-10 22:00:00', '2025-10-10T22:00:00.000Z'],
    ['2025-10-10', '2025-10-10T00:00:00.000Z'],
    ['2025-10-10T22:00:00.000Z', '2025-10-10T22:00:00.000Z'],
    ['2025-10-10T22:00:00+00:00', '2025-10-10T22:00:00.000Z'],
    ['2025-10-10T22:00:00.123456+02:00', '2025-10-10T20:00:00.123Z'],
    ['2025-10-10T22:00:00-0530', '2025-10-11T03:30:00.000Z'],
    ['2024-02-29T12:00:00', '2024-02-29T12:00:00.000Z'],
  ])('%s reads %s', (text, read) => {
    expect(utc(text)).toBe(read);
  });

  it.each([
    '',
    'never',
    'null',
    'None',
    '5',
    'hello 1',
    'test-0100',
    '1760133600',
    '1760133600000',
    'Oct 10 2025',
    '10/10/2025',
    '2025',
    '2025-13-01T00:00:00',
    '2025-02-30T00:00:00',
    '2025-02-29',
    '2025-10-00',
    '2025-10-10T25:00:00',
    '2025-10-10T22:60:00',
    '2025-10-10T22:00:00+99:99',
    '2025-10-10T22:00:00 UTC+1',
    '0000-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59-14:00',
    '+275760-09-13T00:00:00Z',
    '-000001-01-01T00:00:00Z',
  ])('%j is none', (text) => {
    expect(utc(text)).toBeUndefined();
  });

  it('is RFC 3339 in UTC or nothing, whatever is there', () => {
    const pieces = fc.array(
      fc.constantFrom('2025', '-', '10', 'T', ':', '00', '.5', 'Z', '+02:00', ' ', 'May', '31', '0'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          pieces.map((parts) => parts.join('')),
        ),
        (text) => {
          expect(utc(text) ?? '2025-10-10T22:00:00.000Z').toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is read the same in every time zone of the server', () => {
    const zone = process.env.TZ;
    try {
      for (const TZ of ['America/New_York', 'Asia/Kolkata', 'Pacific/Apia']) {
        process.env.TZ = TZ;
        expect(new Date(2025, 9, 10).getTimezoneOffset(), 'the zone has changed').not.toBe(0);
        for (const text of ['2025-10-10T22:00:00.000000', '2025-10-10 22:00:00'])
          expect(utc(text)).toBe('2025-10-10T22:00:00.000Z');
        expect(utc('2025-10-10')).toBe('2025-10-10T00:00:00.000Z');
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});
