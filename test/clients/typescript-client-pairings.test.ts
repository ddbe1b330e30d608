// Who may be given what by two calls, after what was given to whom: the rules of pairing alone, without a service.
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ByokClientError } from '../../clients/typescript/src/index.ts';
import { createPairings, type Pairing, type Pairings } from '../../clients/typescript/src/pairings.ts';

const HOME = { endpoint: 'https://home.example/v1', version: 1 };
const AWAY = { endpoint: 'https://away.example/v1', version: 2 };
const ITS_OWN = { endpoint: null, version: null };
const FIVE_MINUTES = 300_000;

let now = 0;
let pairings: Pairings;
/** Of a flow of which nothing is known: a program's top level, a request of its own. */
const nobodys = AsyncLocalStorage.snapshot();
beforeEach(() => {
  now = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  pairings = createPairings(100);
});
afterEach(() => void vi.restoreAllMocks());

type Step = (pairing: Pairing) => void;
const key =
  (of = HOME): Step =>
  (pairing) =>
    pairing.giveKey('openai', of);
const endpoint =
  (of = HOME): Step =>
  (pairing) =>
    pairing.giveEndpoint('openai', of);
const both =
  (of = HOME): Step =>
  (pairing) =>
    pairing.giveBoth('openai', of);

/** One flow: what each of its calls came to, `given` or what was withheld. */
function flowOf(person = 'ada') {
  let scope = nobodys;
  return (step: Step): string =>
    scope(() => {
      const pairing = pairings.begin(person);
      scope = AsyncLocalStorage.snapshot();
      try {
        step(pairing);
        return 'given';
      } catch (error) {
        const { code, message } = error as ByokClientError;
        return code === 'pair_withheld' ? (/^The (key|endpoint) is withheld: /.exec(message)?.[1] ?? message) : message;
      }
    });
}
/** Somebody of whom nothing is known asks once. */
const stranger = (step: Step, person?: string): string => flowOf(person)(step);

describe('a key that somebody was given alone', () => {
  it('keeps every other endpoint from those of whom nothing is known', () => {
    flowOf()(key(HOME));
    expect(stranger(endpoint(AWAY))).toBe('endpoint');
    expect(stranger(endpoint(ITS_OWN as never))).toBe('endpoint');
    expect(stranger(endpoint(AWAY), 'eve')).toBe('given');
    expect(stranger(endpoint(HOME))).toBe('given');
  });

  it('does so until its endpoint was given to the same, and each such key for itself', () => {
    const [one, other] = [flowOf(), flowOf()];
    one(key(HOME));
    other(key(HOME));
    expect(one(endpoint(HOME))).toBe('given');
    expect(stranger(endpoint(AWAY))).toBe('endpoint');
    expect(other(endpoint(HOME))).toBe('given');
    expect(stranger(endpoint(AWAY))).toBe('given');
  });

  it('does so for five minutes, counted anew with each', () => {
    flowOf()(key(HOME));
    now += FIVE_MINUTES - 1;
    flowOf()(key(HOME));
    now += FIVE_MINUTES - 1;
    expect(stranger(endpoint(AWAY))).toBe('endpoint');
    now += 1;
    expect(stranger(endpoint(AWAY))).toBe('given');
  });

  it('is judged by the next one in its own flow, which takes its place', () => {
    const flow = flowOf();
    flow(key(HOME));
    flow(key(AWAY));
    expect(stranger(endpoint(HOME))).toBe('endpoint');
    expect(flow(endpoint(HOME))).toBe('endpoint');
    // What was withheld from it, it knows: others need not wait for it any more.
    expect(stranger(endpoint(HOME))).toBe('given');
    expect(flow(endpoint(AWAY))).toBe('given');
  });

  it('needs an endpoint of its own version, except for the provider’s own address', () => {
    const flow = flowOf();
    flow(key(HOME));
    expect(flow(endpoint({ ...HOME, version: 2 }))).toBe('endpoint');
    const plain = flowOf('eve');
    plain(key({ endpoint: null, version: 1 } as never));
    expect(plain(endpoint(ITS_OWN as never))).toBe('given');
  });

  it('ends no more waiting than its own, however often its flow asks', () => {
    const [one, other] = [flowOf(), flowOf()];
    one(key(HOME));
    other(key(HOME));
    for (let asked = 0; asked < 3; asked += 1) one(endpoint(AWAY));
    expect(stranger(endpoint(AWAY))).toBe('endpoint');
  });
});

describe('a key that came with its endpoint', () => {
  it('is held against others like one that came alone, and its flow goes on with both', () => {
    const flow = flowOf();
    flow(both(HOME));
    expect(stranger(endpoint(AWAY))).toBe('endpoint');
    expect(flow(endpoint(AWAY))).toBe('endpoint');
    expect(flow(endpoint(HOME))).toBe('given');
    expect(flow(endpoint(HOME))).toBe('given');
  });

  it('takes the place of the one before it', () => {
    const flow = flowOf();
    flow(both(HOME));
    flow(both(AWAY));
    expect(stranger(endpoint(AWAY))).toBe('given');
    expect(stranger(endpoint(HOME))).toBe('endpoint');
  });

  it('frees no other key for an endpoint that was given first', () => {
    const flow = flowOf();
    flow(endpoint(HOME));
    flow(both(AWAY));
    expect(flow(key(AWAY))).toBe('key');
    expect(flow(key(HOME))).toBe('given');
  });

  it('waits for a key no longer once a later endpoint was given for it', () => {
    const flow = flowOf();
    flow(both(HOME));
    flow(endpoint(HOME));
    expect(stranger(key(AWAY))).toBe('key');
    expect(flow(key(HOME))).toBe('given');
    expect(stranger(key(AWAY))).toBe('given');
  });
});

describe('an endpoint that somebody was given first', () => {
  it('keeps every other key from those of whom nothing is known, until its key was given to the same', () => {
    const flow = flowOf();
    flow(endpoint(HOME));
    expect(stranger(key(AWAY))).toBe('key');
    expect(stranger(key(ITS_OWN as never))).toBe('key');
    expect(stranger(key(HOME))).toBe('given');
    expect(flow(key(HOME))).toBe('given');
    expect(stranger(key(AWAY))).toBe('given');
  });

  it('is known to its flow once a key was withheld for it, so that others need not wait', () => {
    const flow = flowOf();
    flow(endpoint(HOME));
    expect(flow(key(AWAY))).toBe('key');
    expect(stranger(key(AWAY))).toBe('given');
    expect(flow(key(AWAY))).toBe('key');
  });

  it('is one of several where several wait for a key', () => {
    const [one, other] = [flowOf(), flowOf()];
    one(endpoint(HOME));
    other(endpoint(HOME));
    for (let asked = 0; asked < 3; asked += 1) one(key(AWAY));
    expect(stranger(key(AWAY))).toBe('key');
    other(key(HOME));
    expect(stranger(key(AWAY))).toBe('given');
  });

  it('gives way to a later one in its flow', () => {
    const flow = flowOf();
    flow(endpoint(HOME));
    flow(endpoint(AWAY));
    expect(flow(key(HOME))).toBe('key');
    expect(flow(key(AWAY))).toBe('given');
    expect(stranger(key(HOME))).toBe('given');
  });

  it('is paired with a key only once: the next one is for an endpoint still to come', () => {
    const flow = flowOf();
    flow(endpoint(HOME));
    flow(key(HOME));
    flow(key(AWAY));
    expect(flow(endpoint(HOME))).toBe('endpoint');
    expect(flow(endpoint(AWAY))).toBe('given');
  });

  it('is nothing any more after five minutes', () => {
    const flow = flowOf();
    flow(endpoint(HOME));
    now += FIVE_MINUTES - 1;
    expect(flow(key(AWAY))).toBe('key');
    now += 1;
    expect(flow(key(AWAY))).toBe('given');
  });
});

describe('what is remembered', () => {
  it('is the last 32 endpoints of a person and provider', () => {
    const at = (n: number) => ({ endpoint: `https://${n}.example`, version: n });
    for (let n = 1; n <= 33; n += 1) flowOf()(key(at(n)));
    now += FIVE_MINUTES - 1;
    flowOf()(key(at(33)));
    now += 1;
    expect(stranger(endpoint(at(33)))).toBe('given');
  });

  it('is of a flow the last 32 people and providers, those asked for again included', () => {
    const flow = flowOf();
    const ask = (n: number, step: 'giveKey' | 'giveEndpoint', of = HOME) => flow((p) => p[step](`provider-${n}`, of));
    ask(0, 'giveEndpoint');
    ask(1, 'giveEndpoint');
    for (let n = 2; n < 32; n += 1) ask(n, 'giveEndpoint');
    ask(0, 'giveEndpoint');
    ask(32, 'giveEndpoint');
    // Of both, others still wait for the key: only a flow that is known to have the endpoint is given the right one.
    expect(ask(0, 'giveKey', HOME)).toBe('given');
    expect(ask(1, 'giveKey', AWAY)).toBe('key');
  });

  it('is of so many people and providers, those of last', () => {
    pairings = createPairings(2);
    const of = (provider: string, what: 'giveKey' | 'giveEndpoint', where: typeof HOME) =>
      stranger((pairing) => pairing[what](provider, where));
    of('a', 'giveKey', HOME);
    of('b', 'giveKey', HOME);
    of('a', 'giveKey', HOME);
    of('c', 'giveKey', HOME);
    expect(of('a', 'giveEndpoint', AWAY)).toBe('endpoint');
    expect(of('b', 'giveEndpoint', AWAY)).toBe('given');
  });
});
