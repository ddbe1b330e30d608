// The helpers that services called inside the old back end, by name, from both clients: as packages, configured by the environment.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ownedFolder } from '../support/programs/temporary-folder.ts';
import {
  type ClientWorld,
  ENDPOINT,
  installPythonClient,
  KEY,
  runPytest,
  SYSTEM_KEYS,
  startClientWorld,
} from './client-world.ts';

// Only ends what hangs.
const LIMIT_MS = 180_000;

let world: ClientWorld;
let folder: ReturnType<typeof ownedFolder>;
let installed: string;
beforeAll(async () => {
  folder = ownedFolder();
  [world, installed] = await Promise.all([startClientWorld(), installPythonClient(folder.path)]);
  for (const [name, value] of Object.entries(world.env)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world?.stop();
  folder?.remove();
});

const load = () => import('../../clients/typescript/src/index.ts');
const pythonEnv = () => ({
  ...world.env,
  TEST_OWNER: world.owner.email,
  TEST_OTHER: world.other.email,
  TEST_DISABLED: world.disabled.email,
  TEST_KEY: KEY,
  TEST_ENDPOINT: ENDPOINT,
});

describe('the old helper names work from both clients', () => {
  it('against the service', { timeout: LIMIT_MS }, async () => {
    const byok = await load();
    const { owner, other, disabled } = world;
    expect(await byok.getUserApiKey(owner.email, 'openai')).toBe(KEY);
    expect(await byok.getUserApiKey(owner.email, 'openai', { useCache: false })).toBe(KEY);
    expect(await byok.getUserApiKey(other.email, 'openai')).toBeNull();
    expect(await byok.getUserApiKey('nobody@example.com', 'openai')).toBeNull();
    expect(await byok.getUserApiKeyOrDefault(other.email, 'openai', 'OPENAI_API_KEY')).toBe('sk-system-openai');
    expect(await byok.getUserCustomEndpoint(owner.email, 'openai')).toBe(ENDPOINT);
    byok.clearUserKeyCache(owner.email, 'openai');
    expect(await byok.getOpenaiKeyForUser(owner.email)).toBe(KEY);
    expect(await byok.getAnthropicKeyForUser(owner.email)).toBe(SYSTEM_KEYS.ANTHROPIC_API_KEY);
    expect(await byok.getHuggingfaceTokenForUser(owner.email)).toBe(SYSTEM_KEYS.HUGGINGFACE_TOKEN);
    const own = { apiKey: KEY, provider: 'openai', endpoint: ENDPOINT, isByok: true };
    expect(await byok.getLlmConfigForUser(owner.email, 'groq')).toEqual(own);
    const system = { apiKey: 'sk-system-openai', provider: 'openai', endpoint: null, isByok: false };
    expect(await byok.getLlmConfigForUser(other.email)).toEqual(system);
    for (const call of [byok.getOpenaiKeyForUser, byok.getLlmConfigForUser])
      await expect(call(disabled.email)).rejects.toMatchObject({ code: 'key_not_released', reason: 'user_disabled' });

    await byok.recordApiUsage(owner.email, 'openai', 1200, '0.0125');
    await byok.resetUsage(owner.email);
    const counts = await Promise.all(Array.from({ length: 10 }, () => byok.incrementUsage(owner.email)));
    expect(counts.map(({ apiCallsUsed }) => apiCallsUsed).sort((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect(await byok.getTierInfo(owner.email)).toMatchObject({
      email: owner.email,
      tier: 'starter',
      effectiveTier: 'starter',
      apiCallsUsed: 10,
    });
    expect(await byok.setTier(owner.email, 'professional', 'active')).toMatchObject({ tier: 'professional' });
    expect(await byok.resetUsage(owner.email)).toMatchObject({ apiCallsUsed: 0 });

    expect(await runPytest(installed, 'service/test_against_the_service.py', pythonEnv())).toEqual({ passed: 6 });
  });

  it('with the service stopped', { timeout: LIMIT_MS }, async () => {
    const byok = await load();
    const { email } = world.owner;
    byok.clearUserKeyCache();
    expect(await byok.getOpenaiKeyForUser(email)).toBe(KEY);
    await world.stopService();
    // What it had is used for as long as it may be.
    expect(await byok.getOpenaiKeyForUser(email)).toBe(KEY);
    byok.clearUserKeyCache(email);
    expect(await byok.getOpenaiKeyForUser(email)).toBe(SYSTEM_KEYS.OPENAI_API_KEY);
    expect(await byok.getAnthropicKeyForUser(email)).toBe(SYSTEM_KEYS.ANTHROPIC_API_KEY);
    expect(await byok.getHuggingfaceTokenForUser(email)).toBe(SYSTEM_KEYS.HUGGINGFACE_TOKEN);
    const config = { apiKey: SYSTEM_KEYS.OPENAI_API_KEY, provider: 'openai', endpoint: null, isByok: false };
    expect(await byok.getLlmConfigForUser(email, 'groq')).toEqual(config);
    // Nothing stands in for a person whose account was disabled when it was last asked about.
    await expect(byok.getOpenaiKeyForUser(world.disabled.email)).rejects.toBeInstanceOf(byok.ByokUnavailableError);
    for (const call of [
      () => byok.getUserApiKey(email, 'openai'),
      () => byok.getUserCustomEndpoint(email, 'openai'),
      () => byok.getUserApiKeyOrDefault(email, 'openai', 'NO_SUCH_VARIABLE'),
      () => byok.recordApiUsage(email, 'openai', 1200),
      () => byok.getTierInfo(email),
      () => byok.setTier(email, 'professional'),
      () => byok.incrementUsage(email),
      () => byok.resetUsage(email),
    ])
      await expect(call()).rejects.toBeInstanceOf(byok.ByokUnavailableError);

    expect(await runPytest(installed, 'service/test_with_the_service_stopped.py', pythonEnv())).toEqual({ passed: 2 });
  });
});
