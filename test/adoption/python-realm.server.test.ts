// A realm as the old Python service leaves it: adopted, read, tested, rewritten, and still read by Python.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { adoptKeys } from '../../src/adoption/adopt.ts';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { runPython } from '../support/programs/python.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';

const IDS = [...PROVIDERS.keys()];
type Attributes = Readonly<Record<string, readonly string[]>>;

// The attributes as the old service wrote them: https://cryptography.io/en/latest/fernet/, dates from datetime.utcnow().isoformat().
const WRITE = `
from cryptography.fernet import Fernet
from datetime import datetime
fernet = Fernet(data["encryption_key"])
added = datetime(2025, 10, 10, 22, 0, 0, 123456).isoformat()
result = []
for keys in data["users"]:
    attributes = {}
    for provider, key in keys.items():
        prefix = f"byok_{provider}_"
        attributes[prefix + "key"] = [fernet.encrypt(key.encode()).decode()]
        attributes[prefix + "label"] = [f"{provider} of Python"]
        attributes[prefix + "added_date"] = [added]
        if provider != "groq":
            attributes[prefix + "last_tested"] = ["2025-10-11T08:30:00"]
            attributes[prefix + "test_status"] = ["valid"]
        if provider == "custom":
            attributes[prefix + "endpoint"] = [data["endpoint"]]
    result.append(attributes)
`;
const READ = `
from cryptography.fernet import Fernet
fernet = Fernet(data["encryption_key"])
def keys_of(attributes):
    return {name.split("_")[1]: fernet.decrypt(values[0].encode()).decode() for name, values in attributes.items()
            if name.startswith("byok_") and name.endswith("_key") and len(values) == 1}
result = [keys_of(attributes) for attributes in data["users"]]
`;

describe('a realm written by Python', () => {
  let fakes: FakeProviders;
  let service: KeycloakService;
  /** The person at index n has n keys. */
  let people: Person[];
  let damaged: { readonly undecryptable: Person; readonly several: Person; readonly otherKey: Person };

  const keyOf = (provider: string, n: number): string =>
    `${PROVIDERS.get(provider)?.prefix ?? 'key-'}good-python-0123456789-${n}`;
  const keysOf = (n: number): Record<string, string> =>
    Object.fromEntries(IDS.slice(0, n).map((provider) => [provider, keyOf(provider, n)]));
  const pythonAttributes = (users: readonly Record<string, string>[], encryptionKey = service.encryptionKey) =>
    runPython<Attributes[]>(WRITE, { users, encryption_key: encryptionKey, endpoint: fakes.httpsUrl('custom') });
  const attributesOf = async ({ id }: Person) => (await service.realm.getUser(id)).attributes as Attributes;
  /** Each person's keys by provider, as Python decrypts them. */
  const readByPython = async (...readers: Person[]) =>
    runPython<Record<string, string>[]>(READ, {
      users: await Promise.all(readers.map(attributesOf)),
      encryption_key: service.encryptionKey,
    });
  const signIn = (person: Person): Promise<ApiClient> => service.platformClient({ email: person.email });
  const list = async (client: ApiClient) => (await client.get(`${API}/keys`)).body as Record<string, unknown>[];
  const adopt = (dryRun: boolean) =>
    adoptKeys({ ...service.core, write: (section, changes) => section.write(changes), dryRun });

  beforeAll(async () => {
    fakes = await startFakeProviders();
    service = await startKeycloakService({ env: { ...providerEnv(fakes), CACHE_TTL_SECONDS: '1' } });
    const written = await pythonAttributes(IDS.concat('all').map((_id, n) => keysOf(n)));
    people = await Promise.all(written.map((attributes) => service.newPerson(attributes)));
    const [one = {}] = await pythonAttributes([{ openai: keyOf('openai', 1) }]);
    const [other = {}] = await pythonAttributes([{ openai: keyOf('openai', 1) }], `${'A'.repeat(43)}=`);
    damaged = {
      undecryptable: await service.newPerson({ ...one, byok_openai_key: ['not a token'] }),
      several: await service.newPerson({
        ...one,
        byok_openai_key: [...(one.byok_openai_key ?? []), ...(other.byok_openai_key ?? [])],
      }),
      otherKey: await service.newPerson(other),
    };
  });
  afterAll(async () => {
    await service?.stop();
    await fakes?.close();
  });

  it('is adopted once: every key that decrypts is bound, the damaged ones are named', async () => {
    const eight = await signIn(people[8] as Person);
    expect(await list(eight)).toMatchObject(
      IDS.map((provider) => ({ provider, state: 'unbound', key_preview: '***unbound***' })),
    );
    expect((await eight.post(`${API}/keys/test/openai`)).body).toMatchObject({
      status: 'error',
      details: { reason: 'unbound' },
    });
    const before = await Promise.all(people.map(attributesOf));

    const summary = { users: 12, bound: 36, alreadyBound: 0, wrongBinding: [] };
    const unreadable = Object.values(damaged).map(({ id }) => `${id}/openai`);
    const expected = {
      ...summary,
      unreadable: expect.toSatisfy((found: string[]) => found.sort().join() === unreadable.sort().join()),
    };
    expect(await adopt(true)).toEqual(expected);
    expect(await Promise.all(people.map(attributesOf))).toEqual(before);
    expect(await adopt(false)).toEqual(expected);
    expect(await adopt(false)).toEqual({ ...expected, bound: 0, alreadyBound: 36 });

    const after = await Promise.all(people.map(attributesOf));
    for (const [n, attributes] of after.entries()) {
      const bindings = Object.entries(attributes).filter(([name]) => name.endsWith('_binding'));
      expect(bindings).toHaveLength(n);
      expect(Object.fromEntries(Object.entries(attributes).filter(([name]) => !name.endsWith('_binding')))).toEqual(
        before[n],
      );
    }
    // The running service notices when what it remembers is over.
    await vi.waitFor(async () => expect(await list(eight)).toMatchObject(IDS.map(() => ({ state: 'usable' }))), 10_000);
  });

  it('is read: keys masked, labels, endpoints, and old dates in UTC', async () => {
    for (const [n, person] of people.entries()) {
      const client = await signIn(person);
      expect(await list(client)).toEqual(
        IDS.slice(0, n).map((provider) => ({
          provider,
          provider_name: PROVIDERS.get(provider)?.name,
          key_preview: `${PROVIDERS.get(provider)?.prefix ?? ''}${PROVIDERS.get(provider)?.prefix ? 'good' : 'key-'}...89-${n}`,
          label: `${provider} of Python`,
          added_date: '2025-10-10T22:00:00.123Z',
          last_tested: provider === 'groq' ? null : '2025-10-11T08:30:00.000Z',
          test_status: provider === 'groq' ? null : 'valid',
          test_reason: null,
          endpoint: provider === 'custom' ? fakes.httpsUrl('custom') : null,
          enabled: true,
          state: 'usable',
        })),
      );
      expect((await client.get(`${API}/stats`)).body).toMatchObject({ configured_providers: n });
    }
  });

  it('is tested: each key reaches its provider as Python stored it', async () => {
    const [, , , , , , , , eight] = people;
    if (eight === undefined) throw new Error('nobody has eight keys');
    const client = await signIn(eight);
    for (const provider of IDS) {
      fakes.requests.length = 0;
      expect((await client.post(`${API}/keys/test/${provider}`)).body).toMatchObject({
        provider,
        status: 'valid',
        success: true,
      });
      expect(JSON.stringify(fakes.requests[0]?.headers)).toContain(keyOf(provider, 8));
    }
    expect((await client.get(`${API}/stats`)).body).toMatchObject({ tested_providers: 8, valid_providers: 8 });
  });

  it('is rewritten, and Python reads what we wrote and what we left', async () => {
    expect(await readByPython(...people)).toEqual(people.map((_person, n) => keysOf(n)));
    const newKey = (n: number): string => `key-new-~!"$%&/()=?-${n}`;
    for (const [n, person] of people.entries()) {
      const client = await signIn(person);
      expect((await client.post(`${API}/keys/add`, { provider: 'cohere', key: newKey(n) })).status).toBe(200);
      if (n > 0) await client.patch(`${API}/keys/openai`, { label: 'renamed' });
      if (n > 1) await client.delete(`${API}/keys/anthropic`);
    }
    const expected = people.map((_person, n) => {
      const { anthropic: _removed, ...left } = keysOf(n);
      return { ...left, cohere: newKey(n) };
    });
    expect(await readByPython(...people)).toEqual(expected);
    for (const [n, person] of people.entries()) {
      const attributes = await attributesOf(person);
      expect(Object.values(attributes).every((values) => values.length === 1)).toBe(true);
      expect(Object.keys(attributes).filter((name) => name.startsWith('byok_anthropic_'))).toEqual([]);
      // What Python 3.11 and later reads as a date.
      expect(attributes.byok_cohere_added_date?.[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      const untouched = { byok_openai_label: ['renamed'], byok_openai_added_date: ['2025-10-10T22:00:00.123456'] };
      if (n > 0) expect(attributes).toMatchObject(untouched);
    }
  });

  it('shows damaged keys as such, uses none, and mends them with an add or a delete', async () => {
    for (const person of Object.values(damaged)) {
      const client = await signIn(person);
      expect(await list(client)).toMatchObject([
        { provider: 'openai', key_preview: '***error***', state: 'undecryptable' },
      ]);
      fakes.requests.length = 0;
      const tested = await client.post(`${API}/keys/test/openai`);
      expect(tested.body).toMatchObject({
        status: 'error',
        success: false,
        details: { reason: 'undecryptable', status_code: null },
      });
      expect(fakes.requests).toEqual([]);
      expect((await client.patch(`${API}/keys/openai`, { label: 'still there' })).body).toMatchObject({
        state: 'undecryptable',
      });
      const key = 'sk-good-0123456789-new';
      expect((await client.post(`${API}/keys/add`, { provider: 'openai', key })).status).toBe(200);
      expect(await list(client)).toMatchObject([{ state: 'usable', key_preview: 'sk-good...-new' }]);
      expect(await readByPython(person)).toEqual([{ openai: key }]);
      await client.delete(`${API}/keys/openai`);
      expect(Object.keys(await attributesOf(person))).toEqual(['subscription_tier']);
    }
  });
});
