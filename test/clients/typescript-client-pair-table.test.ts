// Every call that gives a key, before and after the call for its endpoint, whatever happens to the key in between.
import { describe, expect, it } from 'vitest';
import type { ByokClient } from '../../clients/typescript/src/index.ts';
import { startClient } from './start-client.ts';
import { notReleased, problem, released, type StubAnswer } from './stub-key-service.ts';

const SYSTEM = 'sk-system';
const ENV = { OPENAI_API_KEY: SYSTEM, ANTHROPIC_API_KEY: SYSTEM, HUGGINGFACE_TOKEN: SYSTEM };
const HOME = 'https://llm.example.com/v1';
const OTHER = 'https://other.example.com/v1';

interface State {
  readonly answer: StubAnswer;
  /** Of the user's key. */
  readonly own?: { readonly version: number; readonly endpoint: string | null };
  /** No answer at all: nobody can say what holds. */
  readonly outage?: true;
}

const own = (version: number, endpoint: string | null, more: Readonly<Record<string, unknown>> = {}): State => ({
  answer: released({ api_key: `sk-own-${version}`, version, endpoint, user_id: 'u-1', max_age_seconds: 60, ...more }),
  own: { version, endpoint },
});
const STATES: Readonly<Record<string, State>> = {
  'switched off': { answer: notReleased('disabled') },
  'gone with its account': { answer: notReleased('user_not_found') },
  'behind an outage': { answer: problem(503, 'directory_unavailable', {}, { 'retry-after': '0' }), outage: true },
  'for an endpoint': own(1, HOME),
  'replaced for the same endpoint': own(2, HOME),
  'replaced for another endpoint': own(3, OTHER),
  'for its own address': own(4, null),
};

interface Call {
  readonly name: string;
  readonly provider: string;
  readonly kind: 'alone' | 'both';
  ask(client: ByokClient, email: string): Promise<unknown>;
}

const CALLS: readonly Call[] = [
  { name: 'getUserApiKey', provider: 'openai', kind: 'alone', ask: (c, e) => c.getUserApiKey(e, 'openai') },
  {
    name: 'getUserApiKey, past the cache',
    provider: 'openai',
    kind: 'alone',
    ask: (c, e) => c.getUserApiKey(e, 'openai', { useCache: false }),
  },
  {
    name: 'getUserApiKeyOrDefault',
    provider: 'custom',
    kind: 'alone',
    ask: (c, e) => c.getUserApiKeyOrDefault(e, 'custom', 'OPENAI_API_KEY'),
  },
  { name: 'getOpenaiKeyForUser', provider: 'openai', kind: 'alone', ask: (c, e) => c.getOpenaiKeyForUser(e) },
  { name: 'getAnthropicKeyForUser', provider: 'anthropic', kind: 'alone', ask: (c, e) => c.getAnthropicKeyForUser(e) },
  {
    name: 'getHuggingfaceTokenForUser',
    provider: 'huggingface',
    kind: 'alone',
    ask: (c, e) => c.getHuggingfaceTokenForUser(e),
  },
  {
    name: 'getKeyAndEndpointForUser',
    provider: 'openai',
    kind: 'both',
    ask: (c, e) => c.getKeyAndEndpointForUser(e, 'openai'),
  },
  {
    name: 'getKeyAndEndpointForUser, with no system key',
    provider: 'groq',
    kind: 'both',
    ask: (c, e) => c.getKeyAndEndpointForUser(e, 'groq'),
  },
  { name: 'getLlmConfigForUser', provider: 'openai', kind: 'both', ask: (c, e) => c.getLlmConfigForUser(e, 'openai') },
];

/** What a call came to: its answer, or the code of its error. */
const outcome = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: { code?: unknown }) => ({ code: error.code }));
const WITHHELD = { code: 'pair_withheld' };

/** As one of many requests that a service serves: what it calls is not known to be the others'. */
const elsewhere = <T>(work: () => Promise<T>): Promise<T> => Promise.resolve().then(work);
const here = <T>(work: () => Promise<T>): Promise<T> => work();

/** Whether anything was said about a key. After an outage, only calls that then take a system key say something. */
const saysSomething = (call: Call, { outage }: State): boolean =>
  outage !== true ||
  (!call.name.startsWith('getUserApiKey,') && call.name !== 'getUserApiKey' && call.provider !== 'groq');

const endpointOf = ({ own }: State): string | null => own?.endpoint ?? null;
const fits = (key: State, endpoint: State, compareVersions: boolean): boolean =>
  endpointOf(key) === endpointOf(endpoint) &&
  (!compareVersions || endpointOf(key) === null || key.own?.version === endpoint.own?.version);

const PAIRS = Object.entries(STATES).flatMap(([before, first]) =>
  Object.entries(STATES).map(([after, second]) => ({ title: `${before} → ${after}`, first, second })),
);

async function world() {
  let state: State | undefined;
  const { client } = await startClient(() => state?.answer ?? {}, { env: ENV });
  let people = 0;
  return {
    client,
    newPerson: () => `p${people++}@example.com`,
    become(email: string, next: State) {
      client.clearUserKeyCache(email);
      state = next;
    },
  };
}

describe.each(CALLS)('the TypeScript client: $name', (call) => {
  it.each([
    { flow: 'one request', within: here, oneFlow: true },
    { flow: 'requests that nobody can tell apart', within: elsewhere, oneFlow: false },
  ])('first: the endpoint is given only where it belongs to that key, in $flow', async ({ within, oneFlow }) => {
    const { client, newPerson, become } = await world();
    for (const { title, first, second } of PAIRS.filter((pair) => pair.second.outage !== true)) {
      const email = newPerson();
      become(email, first);
      await within(() => outcome(call.ask(client, email)));
      // The same from the cache.
      await within(() => outcome(call.ask(client, email)));
      become(email, second);
      const endpoint = await within(() => outcome(client.getUserCustomEndpoint(email, call.provider)));
      const isRight = !saysSomething(call, first) || fits(first, second, oneFlow);
      expect({ title, endpoint }).toEqual({ title, endpoint: isRight ? endpointOf(second) : WITHHELD });
    }
  });
});

describe.each(CALLS.filter(({ kind }) => kind === 'alone'))('the TypeScript client: $name', (call) => {
  it('second: only a key for the endpoint that was given is', async () => {
    const { client, newPerson, become } = await world();
    for (const { title, first, second } of PAIRS.filter((pair) => pair.first.outage !== true)) {
      const email = newPerson();
      become(email, first);
      const endpoint = await client.getUserCustomEndpoint(email, call.provider);
      become(email, second);
      const key = await outcome(call.ask(client, email));
      const isWithheld = JSON.stringify(key) === JSON.stringify(WITHHELD);
      const isAnswer = key === null || typeof key === 'string';
      expect(`${title}: ${isAnswer && endpoint !== endpointOf(second)}`).toBe(`${title}: false`);
      if (isWithheld) expect(`${title}: ${endpoint}`).not.toBe(`${title}: ${endpointOf(second)}`);
    }
  });
});

describe.each(CALLS.filter(({ kind }) => kind === 'both'))('the TypeScript client: $name', (call) => {
  it('second: brings its own endpoint, and frees no other key for the one given', async () => {
    const { client, newPerson, become } = await world();
    const off = { answer: notReleased('disabled') };
    for (const { title, first, second } of PAIRS.filter((pair) => endpointOf(pair.first) !== null)) {
      const email = newPerson();
      become(email, first);
      expect(await client.getUserCustomEndpoint(email, call.provider)).toBe(endpointOf(first));
      become(email, second);
      const both = await outcome(call.ask(client, email));
      if (second.own !== undefined) expect({ title, both }).toMatchObject({ both: { endpoint: second.own.endpoint } });
      else expect(both).not.toEqual(WITHHELD);
      become(email, off);
      const later = await outcome(client.getUserApiKeyOrDefault(email, call.provider, 'OPENAI_API_KEY'));
      expect({ title, later }).toEqual({ title, later: WITHHELD });
    }
  });
});

describe('the TypeScript client: getLlmConfigForUser with the key of another provider', () => {
  it.each([
    ['the user’s own for groq', own(7, null, { provider: 'groq' })],
    ['the user’s own for groq, with an endpoint', own(7, OTHER, { provider: 'groq' })],
    [
      'a system key of the service',
      { answer: released({ provider: 'groq', is_byok: false, source: 'system', version: null, max_age_seconds: 0 }) },
    ],
    ['a system key of the environment', { answer: notReleased('disabled') }],
  ])('is not for the endpoint of the preferred one: %s', async (_, first) => {
    const { client, newPerson, become } = await world();
    const email = newPerson();
    become(email, first);
    const { provider, endpoint } = await client.getLlmConfigForUser(email, 'anthropic');
    expect(provider).not.toBe('anthropic');
    become(email, own(1, HOME));
    expect(await outcome(client.getUserCustomEndpoint(email, 'anthropic'))).toEqual(WITHHELD);
    expect(await outcome(client.getUserCustomEndpoint(email, provider))).toEqual(WITHHELD);
    become(email, own(7, endpoint));
    expect(await client.getUserCustomEndpoint(email, provider)).toBe(endpoint);
    expect(await client.getUserCustomEndpoint(email, 'together')).toBe(endpoint);
  });
});
