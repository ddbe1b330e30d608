import { beforeEach, describe, expect, it } from 'vitest';
import { providerRow } from '../support/memory/key-world.ts';
import { createReleaseWorld, KEYS, type ReleaseWorld, refusal, row, SERVICE, SYSTEM } from './release-world.ts';

describe('releasing a key', () => {
  let world: ReleaseWorld['world'];
  let audit: ReleaseWorld['audit'];
  let given: ReleaseWorld['given'];
  let release: ReleaseWorld['release'];
  let system: ReleaseWorld['system'];
  beforeEach(() => {
    ({ world, audit, given, release, system } = createReleaseWorld());
  });

  const preferring = (preferred: string, systemFallback = false) => release({ wanted: { preferred }, systemFallback });

  it('gives the user’s own key with everything that a client must know of it', async () => {
    await world.add('openai', KEYS.openai, { endpoint: 'https://llm.example.com/v1' });
    await expect(release()).resolves.toMatchObject({
      apiKey: KEYS.openai,
      provider: 'openai',
      endpoint: 'https://llm.example.com/v1',
      source: 'user',
      reason: undefined,
      version: 1,
      stale: false,
    });
    expect(audit.events).toEqual([
      row({ outcome: 'ok', subject: world.userId, details: { source: 'user', stale: false, version: 1 } }),
    ]);
    expect(JSON.stringify(audit.events)).not.toContain(KEYS.openai);
  });

  it('finds the user by email, whatever its case', async () => {
    await world.add('openai', KEYS.openai);
    await expect(release({ user: { email: 'ADA@Example.com' } })).resolves.toMatchObject({ apiKey: KEYS.openai });
  });

  it('counts the versions of a key, and begins anew once it was deleted', async () => {
    await world.add('openai', KEYS.openai);
    await world.add('openai', `${KEYS.openai}-2`);
    await world.change('openai', { label: 'renamed' });
    await expect(release()).resolves.toMatchObject({ apiKey: `${KEYS.openai}-2`, version: 2 });
    await world.change('openai', { key: `${KEYS.openai}-3` });
    await expect(release()).resolves.toMatchObject({ version: 3 });
    await world.keys.remove(world.by, world.userId, providerRow('openai'));
    expect(world.fields('openai')).toEqual({});
    await world.add('openai', KEYS.openai);
    await expect(release()).resolves.toMatchObject({ version: 1 });
  });

  describe('says why the user’s own key is not used:', () => {
    const cases: Record<string, () => Promise<unknown> | unknown> = {
      no_key: () => undefined,
      disabled: async () => {
        await world.add('openai', KEYS.openai);
        await world.change('openai', { enabled: false });
      },
      unbound: async () => {
        await world.add('openai', KEYS.openai);
        world.tamper({ byok_openai_binding: ['x'.repeat(43)] });
      },
      undecryptable: async () => {
        await world.add('openai', KEYS.openai);
        world.tamper({ byok_openai_key: ['gAAAAA'] });
      },
      tier: async () => {
        await world.add('openai', KEYS.openai);
        world.tamper({ subscription_status: ['cancelled'] });
      },
    };

    it.each(Object.entries(cases))('%s, and a system key only where it was asked for', async (reason, prepare) => {
      await prepare();
      world.cache.invalidate(world.userId);
      await expect(release()).rejects.toMatchObject(refusal(reason));
      await expect(system()).resolves.toMatchObject({
        apiKey: SYSTEM.openai,
        source: 'system',
        reason,
        endpoint: undefined,
        version: undefined,
      });
      expect(audit.events).toEqual([
        row({ outcome: 'refused', reason, subject: world.userId }),
        row({ outcome: 'ok', reason, subject: world.userId, details: { source: 'system', stale: false } }),
      ]);
    });

    it('user_disabled, without a system key', async () => {
      await world.add('openai', KEYS.openai);
      world.directory.change(world.userId, { enabled: false });
      world.cache.invalidate(world.userId);
      await expect(system()).rejects.toMatchObject(refusal('user_disabled'));
      expect(audit.events).toEqual([row({ outcome: 'refused', reason: 'user_disabled', subject: world.userId })]);
    });

    it.each([{ id: 'nobody' }, { email: 'nobody@example.com' }])(
      'user_not_found for %o, without a system key',
      async (user) => {
        await expect(system({ user })).rejects.toMatchObject(refusal('user_not_found'));
        expect(audit.events).toEqual([row({ outcome: 'refused', reason: 'user_not_found' })]);
      },
    );
  });

  describe('with a preferred provider', () => {
    it('takes the preferred one, else openai, anthropic, together, groq in that order', async () => {
      await world.add('groq', KEYS.groq);
      await expect(preferring('huggingface')).resolves.toMatchObject({ provider: 'groq' });
      await world.add('anthropic', KEYS.anthropic);
      await expect(preferring('huggingface')).resolves.toMatchObject({ provider: 'anthropic' });
      await world.add('openai', KEYS.openai);
      await expect(preferring('huggingface')).resolves.toMatchObject({ provider: 'openai' });
      await expect(preferring('groq')).resolves.toMatchObject({
        provider: 'groq',
        apiKey: KEYS.groq,
        reason: undefined,
      });
    });

    it('takes no key of a provider outside that order, and passes over one that is turned off', async () => {
      await world.add('cohere', 'cohere-0123456789');
      await expect(preferring('openai')).rejects.toMatchObject(refusal('no_key'));
      await world.add('anthropic', KEYS.anthropic);
      await world.change('anthropic', { enabled: false });
      await expect(preferring('openai')).rejects.toMatchObject(refusal('disabled'));
      await world.add('groq', KEYS.groq);
      await expect(preferring('openai')).resolves.toMatchObject({ provider: 'groq' });
    });

    it('takes any own key before a system key, and then the preferred one’s', async () => {
      await expect(preferring('together', true)).resolves.toMatchObject({ apiKey: SYSTEM.together, reason: 'no_key' });
      await expect(preferring('perplexity', true)).resolves.toMatchObject({ apiKey: SYSTEM.openai });
      await world.add('groq', KEYS.groq);
      await expect(preferring('together', true)).resolves.toMatchObject({ apiKey: KEYS.groq, source: 'user' });
    });

    it('and a single provider means that one alone', async () => {
      await world.add('groq', KEYS.groq);
      given.systemKeys = new Map([['openai', SYSTEM.openai]]);
      await expect(system({ wanted: { provider: 'anthropic' } })).rejects.toMatchObject(refusal('no_key'));
    });
  });

  it('gives a service no provider that it may not use, neither the user’s nor the system’s', async () => {
    await world.add('openai', KEYS.openai);
    await world.add('groq', KEYS.groq);
    const limited = { ...SERVICE, providers: new Set(['groq', 'anthropic']) };
    await expect(release({}, limited)).rejects.toMatchObject({ code: 'scope_required', status: 403 });
    expect(audit.events).toEqual([row({ outcome: 'refused', reason: 'scope_required' })]);
    await expect(release({ wanted: { preferred: 'openai' } }, limited)).resolves.toMatchObject({ provider: 'groq' });
    await world.change('groq', { enabled: false });
    const fallback = { wanted: { preferred: 'openai' }, systemFallback: true };
    await expect(release(fallback, limited)).rejects.toMatchObject(refusal('disabled'));
  });
});
