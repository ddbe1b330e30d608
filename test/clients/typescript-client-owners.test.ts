// Whose key it is that the cache holds: by the id that the service names, whatever the address.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EMAIL, failure, startClient } from './start-client.ts';
import { released } from './stub-key-service.ts';

afterEach(() => void vi.restoreAllMocks());

const ALSO = 'also-ann@example.com';
const numbered = (more: object = {}) => startClient((n) => released({ api_key: `sk-number-${n}`, ...more }));

describe('the TypeScript client: whose key is kept', () => {
  it('forgets with one provider what was chosen by preference', async () => {
    const { client } = await numbered({ user_id: 'u-1' });
    const chosen = async () => (await client.getLlmConfigForUser(EMAIL, 'groq')).apiKey;
    expect(await chosen()).toBe('sk-number-1');
    client.clearUserKeyCache(EMAIL, 'openai');
    expect(await chosen()).toBe('sk-number-2');
    client.clearUserKeyCache(undefined, 'openai');
    expect(await chosen()).toBe('sk-number-3');
    client.clearUserKeyCache('ben@example.com', 'openai');
    expect(await chosen()).toBe('sk-number-3');
  });

  it.each(
    [[], [EMAIL], [EMAIL, 'openai'], [undefined, 'openai'], [ALSO]].flatMap((clear) => [
      { clear, preferred: false },
      { clear, preferred: true },
    ]),
  )('keeps no answer begun before clearUserKeyCache($clear), preferred: $preferred', async ({ clear, preferred }) => {
    const held = Promise.withResolvers<void>();
    const { stub, client } = await startClient(async (n) => {
      if (n === 3) await held.promise;
      return released({ api_key: `sk-number-${n}`, user_id: 'u-1' });
    });
    const ask = async (email = EMAIL) =>
      preferred
        ? (await client.getLlmConfigForUser(email, 'openai')).apiKey
        : await client.getUserApiKey(email, 'openai');
    await ask(ALSO);
    await ask();
    client.clearUserKeyCache(EMAIL, 'openai');
    const early = ask();
    await vi.waitFor(() => expect(stub.seen).toHaveLength(3));
    client.clearUserKeyCache(...clear);
    expect(await ask()).toBe('sk-number-4');
    held.resolve();
    expect(await early).toBe('sk-number-3');
    expect(await ask()).toBe('sk-number-4');
  });

  it('keeps a key under the id that the service names', async () => {
    let userId = 'u-1';
    let age = 300;
    const { client } = await startClient((n) =>
      released({ api_key: `sk-number-${n}`, user_id: userId, max_age_seconds: age }),
    );
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-1');
    expect(await client.getUserApiKey(ALSO, 'openai')).toBe('sk-number-2');
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-2');
    client.clearUserKeyCache(ALSO);
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-3');
    // The address is somebody else's by now, and nothing of its old owner is left behind it.
    userId = 'u-2';
    age = 0;
    expect(await client.getUserApiKey(EMAIL, 'groq')).toBe('sk-number-4');
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-5');
  });

  it('lets an address lead to its owner only as long as its own answer allows', async () => {
    let now = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { client } = await numbered({ user_id: 'u-1', max_age_seconds: 5 });
    await client.getUserApiKey(EMAIL, 'openai');
    now += 3_000;
    await client.getUserApiKey(ALSO, 'openai');
    now += 1_999;
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-2');
    now += 1;
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-number-3');
  });

  it.each(['\u212Aate@example.com', 'KATE@example.\u212Aom', 'ka\u030Ate@example.com', '\u212Bke@example.com'])(
    'takes %s for nobody, even if it folds into somebody',
    async (spelling) => {
      const { stub, client } = await startClient(() => released(), { env: { OPENAI_API_KEY: 'sk-system' } });
      for (const email of ['kate@example.com', 'kate@example.kom', 'k\u00E5te@example.com', '\u00E5ke@example.com'])
        await client.getUserApiKey(email, 'openai');
      expect(await client.getUserApiKey(spelling, 'openai')).toBeNull();
      for (const call of [client.getOpenaiKeyForUser, client.getLlmConfigForUser, client.getAnthropicKeyForUser])
        expect(await failure(call(spelling))).toMatchObject({ status: 404, reason: 'user_not_found' });
      client.clearUserKeyCache(spelling);
      await client.getUserApiKey('kate@example.com', 'openai');
      expect(stub.seen).toHaveLength(4);
    },
  );

  // What is one address for every Keycloak (measured), and what at least for some is two: that is asked for apart.
  it.each([
    ['ANN@EXAMPLE.com', 'ann@example.com', true],
    ['\u00C5KE@example.com', '\u00E5ke@example.com', true],
    ['\u0416@example.com', '\u0436@example.com', true],
    ['\u0391\u0394@example.com', '\u03B1\u03B4@example.com', true],
    ['\u0130da@example.com', 'i\u0307da@example.com', false],
    ['stra\u1E9Ee@example.com', 'stra\u00DFe@example.com', false],
    ['\u0391\u03A3@example.com', '\u03B1\u03C2@example.com', false],
    ['\uA7DA@example.com', '\uA7DB@example.com', false],
    ['\u2C2F@example.com', '\u2C5F@example.com', false],
    ['\u017Fam@example.com', 'sam@example.com', false],
    ['\u0131da@example.com', 'ida@example.com', false],
    ['\u0130da@example.com', 'ida@example.com', false],
    ['\uFF21nn@example.com', 'ann@example.com', false],
    ['stra\u00DFe@example.com', 'strasse@example.com', false],
    ['\uFB01n@example.com', 'fin@example.com', false],
    ['\u0391\u03A3@example.com', '\u03B1\u03C3@example.com', false],
  ])('keeps the keys of %s and %s together: %s', async (one, other, same) => {
    const { client } = await numbered();
    const first = await client.getUserApiKey(one, 'openai');
    expect((await client.getUserApiKey(other, 'openai')) === first).toBe(same);
  });
});
