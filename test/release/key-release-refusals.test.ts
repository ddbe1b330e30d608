// Who gets no key at all, what is said of it, and how releases are counted.
import { beforeEach, describe, expect, it } from 'vitest';
import { checkedRelease, countedRelease, type KeyRelease } from '../../src/release/key-release.ts';
import { candidates, NO_KEY_REASONS, notReleased, type ReleasedKey } from '../../src/release/released-key.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createReleaseWorld, KEYS, type ReleaseWorld, refusal, row, SERVICE, SYSTEM } from './release-world.ts';

let world: ReleaseWorld['world'];
let audit: ReleaseWorld['audit'];
let given: ReleaseWorld['given'];
let release: ReleaseWorld['release'];
let system: ReleaseWorld['system'];
beforeEach(() => {
  ({ world, audit, given, release, system } = createReleaseWorld());
});

describe('nobody else’s key takes the place of', () => {
  it.each<[string, () => void]>([
    ['email_unverified', () => world.directory.change(world.userId, { emailVerified: false })],
    ['email_ambiguous', () => void world.directory.seed({ username: 'ada2', email: 'ada@example.com' })],
  ])('a key asked for by an address that is not surely theirs: %s', async (reason, prepare) => {
    await world.add('openai', KEYS.openai);
    prepare();
    world.cache.invalidate(world.userId);
    await expect(system({ user: { email: 'ada@example.com' } })).rejects.toMatchObject(refusal(reason));
    expect(audit.events).toEqual([row({ outcome: 'refused', reason, subject: undefined })]);
    // By id there is no doubt.
    await expect(release()).resolves.toMatchObject({ apiKey: KEYS.openai });
  });

  it('one that another replica may be able to read, whatever else there is', async () => {
    await world.add('openai', KEYS.openai);
    await world.add('groq', KEYS.groq);
    given.vault = {
      open: (place, sealed) =>
        place.provider === 'openai' ? { state: 'unknown_key' } : world.vault.open(place, sealed),
    };
    const misconfigured = { code: 'directory_misconfigured', status: 503 };
    for (const wanted of [{ provider: 'openai' }, { preferred: 'openai' }, { preferred: 'together' }])
      await expect(system({ wanted })).rejects.toMatchObject(misconfigured);
    expect(audit.events).toEqual(
      ['openai', 'openai', 'together'].map((provider) =>
        row({ provider, outcome: 'failed', reason: 'directory_misconfigured' }),
      ),
    );
    await expect(release({ wanted: { provider: 'groq' } })).resolves.toMatchObject({ apiKey: KEYS.groq });
  });
});

it('a key bound to another provider or endpoint of the same person is not theirs for this one', async () => {
  await world.add('openai', KEYS.openai, { endpoint: 'https://llm.example.com/v1' });
  world.tamper({ byok_openai_endpoint: ['https://evil.example.com/v1'] });
  world.cache.invalidate(world.userId);
  await expect(release()).rejects.toMatchObject(refusal('unbound'));
});

it('a fault of ours is on record as one, and names nobody', async () => {
  world.directory.onStep = () => {
    throw new TypeError('a fault');
  };
  world.cache.invalidate(world.userId);
  await expect(system()).rejects.toThrow('a fault');
  expect(audit.events).toEqual([row({ outcome: 'failed', reason: 'internal' })]);
});

it('a service that may not use a provider is told which', async () => {
  const limited = { ...SERVICE, providers: new Set(['groq']) };
  await expect(release({}, limited)).rejects.toThrow('llm-proxy may not use keys of openai');
});

it('the platform’s key is named for whom it was asked for, and is never sent to the person’s endpoint', async () => {
  await world.add('openai', KEYS.openai, { endpoint: 'https://llm.example.com/v1' });
  await world.change('openai', { enabled: false });
  given.age = { ageMs: 0 };
  await expect(system()).resolves.toEqual({
    apiKey: SYSTEM.openai,
    provider: 'openai',
    endpoint: undefined,
    source: 'system',
    reason: 'disabled',
    version: undefined,
    userId: world.userId,
    maxAgeSeconds: 300,
    stale: false,
  });
  expect(audit.events[0]?.details).toStrictEqual({ source: 'system', stale: false });
});

describe('the providers whose keys will do', () => {
  it.each([
    [{ provider: 'cohere' }, ['cohere']],
    [{ preferred: 'cohere' }, ['cohere', 'openai', 'anthropic', 'together', 'groq']],
    [{ preferred: 'together' }, ['together', 'openai', 'anthropic', 'groq']],
  ])('for %o are, best first, %j', (wanted, providers) => {
    expect(candidates({ wanted })).toEqual(providers);
  });
});

describe('a refusal', () => {
  const reasons = NO_KEY_REASONS.filter((reason) => reason !== 'directory_unavailable');

  it.each(reasons)('says %s in a word for programs and a sentence for people', (reason) => {
    const error = notReleased(reason);
    expect(error).toMatchObject({ code: 'key_not_released', status: 404, extras: { reason } });
    expect(error.message).toContain(reason);
    expect(error.detail).toMatch(/^[A-Z].{15,}\.$/s);
  });

  it('says each reason in its own sentence', () => {
    expect(new Set(reasons.map((reason) => notReleased(reason).detail)).size).toBe(reasons.length);
  });

  it('is none while nobody can know: to try again may help', () => {
    expect(notReleased('directory_unavailable')).toMatchObject({ code: 'directory_unavailable', status: 503 });
  });
});

describe('around every release', () => {
  const released: ReleasedKey = {
    apiKey: KEYS.openai,
    provider: 'openai',
    endpoint: undefined,
    source: 'user',
    reason: undefined,
    version: 1,
    userId: 'ada',
    maxAgeSeconds: 300,
    stale: false,
  };
  const answering = (answer: () => ReleasedKey) => ({ release: async () => answer() });
  const ask = ({ release: ask }: KeyRelease) =>
    ask(
      SERVICE,
      { user: { id: 'ada' }, wanted: { provider: 'openai' }, systemFallback: false },
      { requestId: 'r-1', address: '10.0.0.7' },
    );

  it('the endpoint is looked at where there is one, and what was found is said', async () => {
    const hosts: string[] = [];
    const endpoints = {
      async checked(endpoint: string) {
        hosts.push(endpoint);
        return endpoint === 'https://good.example';
      },
    };
    const ofEndpoint = (endpoint: string | undefined) =>
      ask(
        checkedRelease(
          endpoints,
          answering(() => ({ ...released, endpoint })),
        ),
      );
    expect(await ofEndpoint(undefined)).toEqual(released);
    expect(await ofEndpoint('https://good.example')).toEqual({
      ...released,
      endpoint: 'https://good.example',
      endpointChecked: true,
    });
    expect(await ofEndpoint('https://bad.example')).toMatchObject({ endpointChecked: false });
    expect(hosts).toEqual(['https://good.example', 'https://bad.example']);
  });

  it.each<[string, () => ReleasedKey, readonly [string, string]]>([
    ['a key of a person', () => released, ['user', 'ok']],
    ['a key of the platform', () => ({ ...released, source: 'system' }), ['system', 'ok']],
    [
      'a reason',
      () => {
        throw notReleased('tier');
      },
      ['none', 'tier'],
    ],
    [
      'an error without a reason',
      () => {
        throw new ByokError('audit_unavailable');
      },
      ['none', 'audit_unavailable'],
    ],
    [
      'a fault',
      () => {
        throw new TypeError('a fault');
      },
      ['none', 'internal'],
    ],
  ])('%s is counted', async (_what, answer, counted) => {
    const counts: unknown[] = [];
    const metrics = { release: (...count: unknown[]) => void counts.push(count) };
    await ask(countedRelease(metrics, answering(answer))).catch(() => undefined);
    expect(counts).toEqual([counted]);
  });
});
