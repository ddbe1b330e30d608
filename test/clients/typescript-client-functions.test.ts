// The functions of the package: one client, configured by the environment and made by the first call.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { EMAIL, failure, startStub, TOKEN } from './start-client.ts';
import { notReleased, released, type StubAnswer } from './stub-key-service.ts';

type Package = typeof import('../../clients/typescript/src/index.ts');

const COUNT = { api_calls_used: 3, api_calls_limit: 10, remaining: 7, api_calls_reset_date: '2026-11-30' };
const USED = { apiCallsUsed: 3, apiCallsLimit: 10, remaining: 7, apiCallsResetDate: '2026-11-30' };
const TIER = { email: EMAIL, tier: 'starter', status: 'active', effective_tier: 'trial', ...COUNT };
const KNOWN = {
  email: EMAIL,
  tier: 'starter',
  status: 'active',
  effectiveTier: 'trial',
  apiCallsUsed: 3,
  apiCallsLimit: 10,
  apiCallsResetDate: '2026-11-30',
};
const CONFIG = { apiKey: 'sk-users-own-key', provider: 'openai', endpoint: null, isByok: true };
const user = { email: EMAIL };
const PATH = '/users/ann%40example.com';

/** Name, call, answer of the service, what comes of it, and what was sent. */
const CALLS: [string, (byok: Package) => Promise<unknown>, StubAnswer, unknown, string, string, unknown][] = [
  [
    'getUserApiKey',
    (byok) => byok.getUserApiKey(EMAIL, 'groq'),
    released(),
    'sk-users-own-key',
    'POST',
    '/keys/resolve',
    { user, provider: 'groq' },
  ],
  [
    'getUserApiKeyOrDefault',
    (byok) => byok.getUserApiKeyOrDefault(EMAIL, 'groq', 'OTHER_KEY'),
    notReleased('no_key'),
    'sk-other',
    'POST',
    '/keys/resolve',
    { user, provider: 'groq' },
  ],
  [
    'getKeyAndEndpointForUser',
    async (byok) => (await byok.getKeyAndEndpointForUser(EMAIL, 'custom', 'OTHER_KEY')).apiKey,
    notReleased('no_key'),
    'sk-other',
    'POST',
    '/keys/resolve',
    { user, provider: 'custom' },
  ],
  [
    'getUserCustomEndpoint',
    (byok) => byok.getUserCustomEndpoint(EMAIL, 'custom'),
    released({ endpoint: 'https://llm.example.com/v1' }),
    'https://llm.example.com/v1',
    'POST',
    '/keys/resolve',
    { user, provider: 'custom' },
  ],
  [
    'getOpenaiKeyForUser',
    (byok) => byok.getOpenaiKeyForUser(EMAIL),
    released(),
    'sk-users-own-key',
    'POST',
    '/keys/resolve',
    { user, provider: 'openai' },
  ],
  [
    'getAnthropicKeyForUser',
    (byok) => byok.getAnthropicKeyForUser(EMAIL),
    released(),
    'sk-users-own-key',
    'POST',
    '/keys/resolve',
    { user, provider: 'anthropic' },
  ],
  [
    'getHuggingfaceTokenForUser',
    (byok) => byok.getHuggingfaceTokenForUser(EMAIL),
    released(),
    'sk-users-own-key',
    'POST',
    '/keys/resolve',
    { user, provider: 'huggingface' },
  ],
  [
    'getLlmConfigForUser',
    (byok) => byok.getLlmConfigForUser(EMAIL),
    released(),
    CONFIG,
    'POST',
    '/keys/resolve',
    { user, preferred: 'openai', system_fallback: true },
  ],
  [
    'getLlmConfigForUser for a provider',
    (byok) => byok.getLlmConfigForUser(EMAIL, 'groq'),
    released(),
    CONFIG,
    'POST',
    '/keys/resolve',
    { user, preferred: 'groq', system_fallback: true },
  ],
  ['getTierInfo', (byok) => byok.getTierInfo(EMAIL), { json: TIER }, KNOWN, 'GET', `${PATH}/tier`, undefined],
  [
    'setTier',
    (byok) => byok.setTier(EMAIL, 'starter'),
    { json: TIER },
    KNOWN,
    'PUT',
    `${PATH}/tier`,
    { tier: 'starter' },
  ],
  [
    'setTier with a status',
    (byok) => byok.setTier(EMAIL, 'starter', 'cancelled'),
    { json: TIER },
    KNOWN,
    'PUT',
    `${PATH}/tier`,
    { tier: 'starter', status: 'cancelled' },
  ],
  [
    'incrementUsage',
    (byok) => byok.incrementUsage(EMAIL),
    { json: COUNT },
    USED,
    'POST',
    `${PATH}/usage/increment`,
    { amount: 1 },
  ],
  [
    'incrementUsage by several',
    (byok) => byok.incrementUsage(EMAIL, 4),
    { json: COUNT },
    USED,
    'POST',
    `${PATH}/usage/increment`,
    { amount: 4 },
  ],
  ['resetUsage', (byok) => byok.resetUsage(EMAIL), { json: COUNT }, USED, 'POST', `${PATH}/usage/reset`, {}],
];

async function load(answer: StubAnswer) {
  vi.resetModules();
  const stub = await startStub(() => answer);
  vi.stubEnv('BYOK_INTERNAL_URL', stub.url);
  vi.stubEnv('BYOK_SERVICE_TOKEN', TOKEN);
  vi.stubEnv('OTHER_KEY', 'sk-other');
  return { stub, byok: await import('../../clients/typescript/src/index.ts') };
}

describe('the TypeScript client: the functions of the package', () => {
  beforeEach(() => {
    for (const name of ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'TOGETHER_API_KEY', 'GROQ_API_KEY'])
      vi.stubEnv(name, undefined);
    for (const name of ['HUGGINGFACE_TOKEN', 'BYOK_INTERNAL_URL', 'BYOK_SERVICE_TOKEN']) vi.stubEnv(name, undefined);
    return () => void vi.unstubAllEnvs();
  });

  it.each(CALLS)('%s asks as the client does', async (_, ask, answer, expected, method, path, body) => {
    const { stub, byok } = await load(answer);
    expect(await ask(byok)).toEqual(expected);
    expect(stub.seen).toMatchObject([{ method, path: `/api/v1/byok/internal${path}` }]);
    const sent = stub.seen[0]?.body ?? '';
    expect(sent === '' ? undefined : JSON.parse(sent)).toEqual(body);
  });

  it('recordApiUsage costs what was said, or nothing', async () => {
    const { stub, byok } = await load({ json: {} });
    await byok.recordApiUsage(EMAIL, 'groq', 12);
    await byok.recordApiUsage(EMAIL, 'openai', 34, '0.5');
    const events = stub.seen.map(({ body }) => JSON.parse(body).events);
    expect(events).toMatchObject([
      [{ user, provider: 'groq', tokens_used: 12, cost_usd: 0 }],
      [{ user, provider: 'openai', tokens_used: 34, cost_usd: '0.5' }],
    ]);
    expect(stub.seen.map(({ headers }) => headers['idempotency-key'])).toEqual(events.map(([{ id }]) => id));
  });

  it('share one cache, and forget nothing before there is anything', async () => {
    const { stub, byok } = await load(released());
    byok.clearUserKeyCache();
    for (let n = 0; n < 2; n += 1) {
      await byok.getUserApiKey(EMAIL, 'openai');
      await byok.getOpenaiKeyForUser(EMAIL);
    }
    expect(stub.seen).toHaveLength(1);
    await byok.getUserApiKey(EMAIL, 'openai', { useCache: false });
    expect(stub.seen).toHaveLength(2);
    byok.clearUserKeyCache(EMAIL, 'groq');
    await byok.getUserApiKey(EMAIL, 'openai');
    expect(stub.seen).toHaveLength(2);
    byok.clearUserKeyCache(EMAIL, 'openai');
    await byok.getUserApiKey(EMAIL, 'openai');
    expect(stub.seen).toHaveLength(3);
  });

  it('reject, and do not throw, where nothing is configured; forgetting needs no configuration', async () => {
    vi.resetModules();
    const byok = await import('../../clients/typescript/src/index.ts');
    byok.clearUserKeyCache();
    expect(await failure(byok.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'not_configured' });
  });
});
