// Endpoints that were given before their key, and how much is remembered: the rules of pairing alone, without a service.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AWAY, endpoint, HOME, ITS_OWN, key, openFlows } from './pairing-flows.ts';

const FIVE_MINUTES = 300_000;

let now = 0;
let { flowOf, stranger } = openFlows();
beforeEach(() => {
  now = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  ({ flowOf, stranger } = openFlows());
});
afterEach(() => void vi.restoreAllMocks());

describe('an endpoint that somebody was given first', () => {
  it('keeps every other key from those of whom nothing is known, until its key was given to the same', () => {
    const flow = flowOf();
    flow(endpoint(HOME));
    expect(stranger(key(AWAY))).toBe('key');
    expect(stranger(key(ITS_OWN))).toBe('key');
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
    const { stranger } = openFlows(2);
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
