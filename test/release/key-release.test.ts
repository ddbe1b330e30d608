import { beforeEach, describe, expect, it } from 'vitest';
import { createKeyRelease } from '../../src/release/key-release.ts';
import type { ReleaseRequest } from '../../src/release/released-key.ts';
import type { ServiceCaller } from '../../src/services/service-caller.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createTiers } from '../../src/users/tiers.ts';
import type { CachedUser } from '../../src/users/user-cache.ts';
import { createKeyWorld, providerRow } from '../support/memory/key-world.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';

const SERVICE: ServiceCaller = {
  kind: 'service',
  id: 'llm-proxy',
  scopes: new Set(['resolve']),
  providers: undefined,
};
const ORIGIN = { requestId: 'r-1', address: '10.0.0.7' };
const KEYS = { openai: 'sk-openai-0123456789', anthropic: 'sk-ant-0123456789', groq: 'gsk_0123456789' };
const SYSTEM = { openai: 'sk-system-openai-1', together: 'system-together-1' };

describe('releasing a key', () => {
  let world: ReturnType<typeof createKeyWorld>;
  let audit: ReturnType<typeof createMemoryAuditLog>;
  let age: Partial<CachedUser>;
  let systemKeys: ReadonlyMap<string, string>;
  beforeEach(() => {
    world = createKeyWorld();
    audit = createMemoryAuditLog();
    age = {};
    systemKeys = new Map(Object.entries(SYSTEM));
  });

  function release(request: Partial<ReleaseRequest> = {}, caller: ServiceCaller = SERVICE) {
    const { cache, directory, vault, userId } = world;
    const service = createKeyRelease({
      cache: {
        find: async (id) => {
          const found = await cache.find(id);
          return found && { ...found, ...age };
        },
      },
      findUserIdByEmail: async (email) => (await directory.findByEmail(email))?.id,
      vault,
      tiers: createTiers(),
      minimumTier: 'starter',
      systemKeys,
      audit,
      ttlMs: 300_000,
    });
    const whole = { user: { id: userId }, wanted: { provider: 'openai' }, systemFallback: false, ...request };
    return service.release(caller, whole, ORIGIN);
  }
  const system = (request: Partial<ReleaseRequest> = {}) => release({ systemFallback: true, ...request });
  const preferring = (preferred: string, systemFallback = false) => release({ wanted: { preferred }, systemFallback });
  const row = (more: object) => ({
    action: 'key.release',
    actor: { kind: 'service', id: 'llm-proxy' },
    provider: 'openai',
    ...ORIGIN,
    ...more,
  });
  const refusal = (reason: string) => ({ code: 'key_not_released', status: 404, extras: { reason } });

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
      systemKeys = new Map([['openai', SYSTEM.openai]]);
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

  describe('tells how long the key may be kept', () => {
    beforeEach(() => world.add('openai', KEYS.openai));

    it.each([
      [0, 300],
      [1, 299],
      [299_000, 1],
      [299_500, 0],
      [400_000, 0],
    ])('a record of %i ms for %i s more', async (ageMs, seconds) => {
      age = { ageMs };
      await expect(release()).resolves.toMatchObject({ maxAgeSeconds: seconds, stale: false });
    });

    it('a stale record not at all, and says that it is one', async () => {
      age = { ageMs: 1000, stale: true };
      await expect(release()).resolves.toMatchObject({ maxAgeSeconds: 0, stale: true });
      expect(audit.events).toMatchObject([{ details: { stale: true } }]);
    });
  });

  describe('where the audit log cannot be written', () => {
    it.each([false, true])(
      'gives nothing (system keys accepted: %s), neither a key nor a reason',
      async (systemFallback) => {
        audit.broken = true;
        await expect(release({ systemFallback })).rejects.toMatchObject({ code: 'audit_unavailable', status: 503 });
        await world.add('openai', KEYS.openai);
        await expect(release({ systemFallback })).rejects.toMatchObject({ code: 'audit_unavailable' });
      },
    );
  });

  describe('while the directory is out of reach', () => {
    const out = () => {
      throw new ByokError('directory_unavailable', { reason: 'down' });
    };

    it('answers what it remembers', async () => {
      await world.add('openai', KEYS.openai);
      world.directory.onStep = out;
      await expect(release()).resolves.toMatchObject({ apiKey: KEYS.openai });
    });

    it('else gives a system key to those who accept one, for this call alone, and 503 to others', async () => {
      world.directory.onStep = out;
      await expect(release()).rejects.toMatchObject({ code: 'directory_unavailable', status: 503 });
      await expect(system()).resolves.toMatchObject({
        apiKey: SYSTEM.openai,
        reason: 'directory_unavailable',
        maxAgeSeconds: 0,
      });
      const subject = world.userId;
      expect(audit.events).toEqual([
        row({ outcome: 'failed', reason: 'directory_unavailable', subject }),
        row({ outcome: 'ok', reason: 'directory_unavailable', subject, details: { source: 'system', stale: false } }),
      ]);
      await expect(system({ wanted: { provider: 'groq' } })).rejects.toMatchObject({ code: 'directory_unavailable' });
    });

    it('records nobody where an address cannot be looked up', async () => {
      world.directory.onStep = out;
      await expect(system({ user: { email: 'ada@example.com' } })).resolves.toMatchObject({ apiKey: SYSTEM.openai });
      expect(audit.events).toEqual([expect.objectContaining({ reason: 'directory_unavailable', subject: undefined })]);
    });

    it('records whose key it was from memory', async () => {
      await world.add('openai', KEYS.openai);
      world.directory.onStep = out;
      age = { stale: true };
      await release();
      expect(audit.events).toEqual([
        row({ outcome: 'ok', subject: world.userId, details: { source: 'user', stale: true, version: 1 } }),
      ]);
    });

    it('records a failure of another kind too', async () => {
      world.directory.onStep = () => {
        throw new ByokError('directory_misconfigured');
      };
      await expect(system()).rejects.toMatchObject({ code: 'directory_misconfigured' });
      expect(audit.events).toEqual([row({ outcome: 'failed', reason: 'directory_misconfigured' })]);
    });
  });
});
