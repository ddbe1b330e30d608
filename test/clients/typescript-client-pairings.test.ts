// Who may be given which endpoint, after what was given to whom: the rules of pairing alone, without a service.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AWAY, both, endpoint, HOME, ITS_OWN, key, openFlows } from './pairing-flows.ts';

const FIVE_MINUTES = 300_000;

let now = 0;
let { flowOf, stranger } = openFlows();
beforeEach(() => {
  now = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  ({ flowOf, stranger } = openFlows());
});
afterEach(() => void vi.restoreAllMocks());

describe('a key that somebody was given alone', () => {
  it('keeps every other endpoint from those of whom nothing is known', () => {
    flowOf()(key(HOME));
    expect(stranger(endpoint(AWAY))).toBe('endpoint');
    expect(stranger(endpoint(ITS_OWN))).toBe('endpoint');
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
    plain(key({ endpoint: null, version: 1 }));
    expect(plain(endpoint(ITS_OWN))).toBe('given');
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

describe('who was given both halves', () => {
  it.each([
    ['key first', [key(HOME), endpoint(HOME)]],
    ['endpoint first', [endpoint(HOME), key(HOME)]],
  ] as const)('is a stranger to what comes next: %s', (_, steps) => {
    const flow = flowOf();
    for (const step of steps) expect(flow(step)).toBe('given');
    flowOf()(key(AWAY));
    expect(flow(endpoint(HOME))).toBe('endpoint');
  });

  it('in one answer is not: that endpoint is for the key that it has', () => {
    const flow = flowOf();
    flow(both(HOME));
    flowOf()(key(AWAY));
    expect(flow(endpoint(HOME))).toBe('given');
  });

  it('and refused another endpoint still has the one that was given first', () => {
    const flow = flowOf();
    flow(endpoint(HOME));
    flow(both(AWAY));
    expect(flow(endpoint({ ...HOME, version: 7 }))).toBe('endpoint');
    expect(flow(key(AWAY))).toBe('key');
    expect(flow(key(HOME))).toBe('given');
  });
});
