// A key and the endpoint that it is for, asked for by two calls and by one.
import { setImmediate as tick } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type ByokClient, ByokClientError } from '../../clients/typescript/src/index.ts';
import { sized } from '../support/proof.ts';
import { EMAIL, failure, startClient } from './start-client.ts';
import { notReleased, released, type StubAnswer } from './stub-key-service.ts';

afterEach(() => void vi.restoreAllMocks());

const SYSTEM = 'sk-system';
const ENV = { OPENAI_API_KEY: SYSTEM };
const HOME = 'https://llm.example.com/v1';
const own = (version: number, endpoint: string | null = HOME): StubAnswer =>
  released({ api_key: keyOf(version, endpoint), version, endpoint, user_id: 'u-1', max_age_seconds: 0 });
const keyOf = (version: number, endpoint: string | null): string =>
  `sk-own ${version} ${endpoint ?? 'its own address'}`;
const off = (): StubAnswer => notReleased('disabled');

async function startWith(first: StubAnswer) {
  const { stub, client } = await startClient(() => first, { env: ENV });
  const world = { stub: Object.assign(stub, { answer: first }), client };
  stub.handler = () => world.stub.answer;
  return world;
}
const withheld = { code: 'pair_withheld' };

describe('the TypeScript client: a key and its endpoint', () => {
  it('gives both in one decision: the user’s own, else the system’s for the provider’s own address', async () => {
    const { stub, client } = await startWith(own(3));
    expect(await client.getKeyAndEndpointForUser(EMAIL, 'openai')).toEqual({
      apiKey: keyOf(3, HOME),
      endpoint: HOME,
      provider: 'openai',
      isByok: true,
      source: 'user',
      version: 3,
      userId: 'u-1',
      endpointChecked: null,
    });
    for (const endpointChecked of [true, false]) {
      stub.answer = released({
        api_key: 'sk-own',
        endpoint: HOME,
        endpoint_checked: endpointChecked,
        max_age_seconds: 0,
      });
      expect(await client.getKeyAndEndpointForUser(EMAIL, 'openai')).toMatchObject({ endpointChecked });
    }
    stub.answer = off();
    const system = { apiKey: SYSTEM, endpoint: null, provider: 'openai', isByok: false, source: 'system' };
    expect(await client.getKeyAndEndpointForUser(EMAIL, 'openai')).toEqual({
      ...system,
      version: null,
      userId: null,
      endpointChecked: null,
    });
    const other = await failure(client.getKeyAndEndpointForUser(EMAIL, 'groq'));
    expect(other).toMatchObject({ code: 'key_not_released', reason: 'disabled' });
    expect(other.message).toContain('GROQ_API_KEY is not set either');
    expect(await client.getKeyAndEndpointForUser(EMAIL, 'custom', 'OPENAI_API_KEY')).toMatchObject({ apiKey: SYSTEM });
  });

  it('gives no endpoint after a system key, until the user’s own key was given', async () => {
    const { stub, client } = await startWith(off());
    expect(await client.getOpenaiKeyForUser(EMAIL)).toBe(SYSTEM);
    stub.answer = own(1);
    expect(await failure(client.getUserCustomEndpoint(EMAIL, 'openai'))).toMatchObject(withheld);
    expect(await failure(client.getUserCustomEndpoint(EMAIL, 'openai'))).toMatchObject(withheld);
    expect(await client.getOpenaiKeyForUser(EMAIL)).toBe(keyOf(1, HOME));
    expect(await client.getUserCustomEndpoint(EMAIL, 'openai')).toBe(HOME);
  });

  it.each([
    ['switched off', off()],
    ['replaced by one for another endpoint', own(2, 'https://other.example.com')],
    ['replaced by one for the same endpoint', own(2)],
    ['replaced by one for the provider’s own address', own(2, null)],
    ['gone with the account', notReleased('user_not_found')],
  ])('rejects, and does not say null, where the key that was given was %s', async (_, answer) => {
    const { stub, client } = await startWith(own(1));
    await client.getUserApiKey(EMAIL, 'openai');
    stub.answer = answer;
    expect(await failure(client.getUserCustomEndpoint(EMAIL, 'openai'))).toMatchObject(withheld);
  });

  it('withholds every key that is not for the endpoint that was given first', async () => {
    const { stub, client } = await startWith(own(1));
    expect(await client.getUserCustomEndpoint(EMAIL, 'openai')).toBe(HOME);
    for (const answer of [off(), own(2, null), own(3, 'https://other.example.com'), { cut: true }]) {
      stub.answer = answer;
      expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toMatchObject(withheld);
    }
    stub.answer = off();
    // Who is told that there is none takes another one.
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject(withheld);
    stub.answer = own(4);
    expect(await client.getOpenaiKeyForUser(EMAIL)).toBe(keyOf(4, HOME));
    stub.answer = off();
    expect(await client.getOpenaiKeyForUser(EMAIL)).toBe(SYSTEM);
  });

  it('withholds a key for an endpoint where "its own address" was given first', async () => {
    const { stub, client } = await startWith(off());
    expect(await client.getUserCustomEndpoint(EMAIL, 'openai')).toBeNull();
    stub.answer = own(1);
    expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toMatchObject(withheld);
    expect(await client.getKeyAndEndpointForUser(EMAIL, 'openai')).toMatchObject({ endpoint: HOME, isByok: true });
  });

  it('keeps people and providers apart, letter case aside', async () => {
    const { stub, client } = await startWith(off());
    expect(await client.getOpenaiKeyForUser('ANN@example.com')).toBe(SYSTEM);
    stub.answer = own(1);
    expect(await client.getUserCustomEndpoint('ben@example.com', 'openai')).toBe(HOME);
    expect(await client.getUserCustomEndpoint(EMAIL, 'groq')).toBe(HOME);
    expect(await failure(client.getUserCustomEndpoint('ann@example.com', 'openai'))).toMatchObject(withheld);
  });

  it('compares with what was given in the last five minutes, and no longer', async () => {
    let now = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const { stub, client } = await startWith(off());
    await client.getOpenaiKeyForUser(EMAIL);
    stub.answer = own(1);
    now += 299_999;
    expect(await failure(client.getUserCustomEndpoint(EMAIL, 'openai'))).toMatchObject(withheld);
    now += 1;
    expect(await client.getUserCustomEndpoint(EMAIL, 'openai')).toBe(HOME);
    stub.answer = off();
    now += 299_999;
    expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toMatchObject(withheld);
    now += 1;
    expect(await client.getOpenaiKeyForUser(EMAIL)).toBe(SYSTEM);
  });

  it('asks the two side by side without mixing them', async () => {
    const { stub, client } = await startWith(own(1));
    let n = 0;
    stub.handler = () => (n++ % 2 === 0 ? own(1) : off());
    for (let round = 0; round < 20; round += 1) {
      const [key, endpoint] = await Promise.allSettled([
        client.getOpenaiKeyForUser(EMAIL),
        client.getUserCustomEndpoint(EMAIL, 'groq').then(() => client.getUserCustomEndpoint(EMAIL, 'openai')),
      ]);
      if (key.status === 'fulfilled' && endpoint.status === 'fulfilled') expectPair(key.value, endpoint.value);
    }
  });

  it('never pairs a key with an endpoint that it is not for, while keys are switched, replaced and expire', async () => {
    const random = seeded(20_261_130);
    const { stub, client } = await startWith(own(1));
    let clock = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => clock);
    let version = 1;
    let state = own(1);
    stub.handler = () => {
      if (random() < 0.15) {
        version += 1;
        const endpoint = random() < 0.3 ? null : `https://${Math.floor(random() * 3)}.example.com`;
        state = random() < 0.4 ? off() : own(version, endpoint);
      }
      if (random() < 0.1) clock += random() * 20_000;
      const age = random() < 0.5 ? 60 : 0;
      return state.status === undefined ? released({ ...(state.json as object), max_age_seconds: age }) : state;
    };
    const pairs = { own: 0, system: 0, withheld: 0 };
    const rounds = sized({ sample: 100, proof: 1_000 });
    const caller = async (ask: Ask) => {
      for (let round = 0; round < rounds; round += 1) {
        if (random() < 0.1) client.clearUserKeyCache(EMAIL, 'openai');
        const begun = clock;
        const pair = await ask(client).catch((error: unknown) => {
          if (!(error instanceof ByokClientError) || error.code !== 'pair_withheld') throw error;
          pairs.withheld += 1;
        });
        // Nobody may go on with a key for longer.
        if (pair === undefined || clock - begun >= 300_000) continue;
        expectPair(...pair);
        pairs[pair[0] === SYSTEM ? 'system' : 'own'] += 1;
        await tick();
      }
    };
    // A service that keeps to no order, all in one flow.
    const anyhow: Ask = (of) => (ALL[Math.floor(random() * ALL.length)] ?? keyFirst)(of);
    await Promise.all([...ALL, keyFirst, endpointFirst, anyhow, anyhow].map(caller));
    expect(Math.min(...Object.values(pairs))).toBeGreaterThan(rounds / 10);
  });
});

type Ask = (client: ByokClient) => Promise<[key: string, endpoint: string | null]>;
const keyFirst: Ask = async (client) => {
  const key = await client.getOpenaiKeyForUser(EMAIL);
  await tick();
  return [key, await client.getUserCustomEndpoint(EMAIL, 'openai')];
};
const endpointFirst: Ask = async (client) => {
  const endpoint = await client.getUserCustomEndpoint(EMAIL, 'openai');
  await tick();
  return [await client.getOpenaiKeyForUser(EMAIL), endpoint];
};
const atOnce: Ask = async (client) => {
  const { apiKey, endpoint } = await client.getKeyAndEndpointForUser(EMAIL, 'openai');
  return [apiKey, endpoint];
};

const pairThenEndpoint: Ask = async (client) => {
  const { apiKey } = await client.getKeyAndEndpointForUser(EMAIL, 'openai');
  await tick();
  return [apiKey, await client.getUserCustomEndpoint(EMAIL, 'openai')];
};
const configThenEndpoint: Ask = async (client) => {
  const { apiKey } = await client.getLlmConfigForUser(EMAIL, 'openai');
  await tick();
  return [apiKey, await client.getUserCustomEndpoint(EMAIL, 'openai')];
};
const ALL: readonly Ask[] = [keyFirst, endpointFirst, atOnce, pairThenEndpoint, configThenEndpoint];

function expectPair(key: string, endpoint: string | null): void {
  const right = key === SYSTEM ? 'its own address' : key.split(' ').slice(2).join(' ');
  expect(`${key} → ${endpoint ?? 'its own address'}`).toBe(`${key} → ${right}`);
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
