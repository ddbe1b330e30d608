import { afterEach, describe, expect, it, vi } from 'vitest';
import { createOverview, type OverviewDeps } from '../../src/admin/overview.ts';

const ADOPTION = { usersTotal: 8, usersWithKeys: 2, keys: { openai: 2 }, tests: { valid: 2 } };
const snapshot = (day: string, usersWithKeys: number) => ({ day, usersTotal: 8, usersWithKeys, keys: {} });
const HEAD = { anchor: { seq: 9, head: 'sha256:0' }, at: new Date(0) };

const create = (more: Partial<OverviewDeps> = {}) =>
  createOverview({
    version: '1.2.3',
    startedAt: new Date('2026-11-22T08:00:00Z'),
    adoption: { refresh: async () => undefined, latest: () => ADOPTION },
    projection: { history: async () => [] },
    requestTotals: async () => ({ count: 0, errors: 0, buckets: [] }),
    cacheCounts: () => ({ hits: 1, misses: 2, size: 3 }),
    readiness: () => 'ready',
    breaker: () => 'closed',
    redis: () => true,
    pingDatabase: async () => undefined,
    countReplicas: async () => 2,
    auditTrail: { extent: async () => ({ rows: 9, head: HEAD }) },
    auditLagSeconds: () => 0,
    masterKeyIds: ['new', 'old'],
    now: () => new Date('2026-11-22T10:00:00Z'),
    ...more,
  });

const never = <T>(): Promise<T> => new Promise(() => undefined);
const fails = async (): Promise<never> => {
  throw new Error('away');
};

describe('the overview', () => {
  afterEach(() => void vi.useRealTimers());

  it('counts today now, in place of what was kept of it, and leaves out days that are too long ago', async () => {
    const asked: number[] = [];
    const history = async (days: number) => {
      asked.push(days);
      return [
        snapshot('2026-11-10', 0),
        snapshot('2026-11-20', 0),
        snapshot('2026-11-21', 1),
        snapshot('2026-11-22', 1),
      ];
    };
    const overview = await create({ projection: { history } })(3);
    expect(overview.history?.map(({ day, usersWithKeys }) => [day, usersWithKeys])).toEqual([
      ['2026-11-20', 0],
      ['2026-11-21', 1],
      ['2026-11-22', 2],
    ]);
    expect(asked).toEqual([3]);
    expect((await create({ projection: { history } })(1)).history).toEqual([
      { day: '2026-11-22', usersTotal: 8, usersWithKeys: 2, keys: { openai: 2 } },
    ]);
  });

  it('tells the first day what is counted now', async () => {
    expect((await create()(90)).history).toHaveLength(1);
  });

  it('says of everything that fails that it is not known, and of the rest what it is', async () => {
    const overview = await create({
      adoption: { refresh: async () => undefined, latest: () => undefined },
      projection: { history: fails },
      requestTotals: fails,
      pingDatabase: fails,
      countReplicas: fails,
      auditTrail: { extent: fails },
      breaker: () => 'open',
      redis: () => false,
    })(90);
    expect(overview).toMatchObject({
      adoption: undefined,
      history: undefined,
      requests: { count: 0, errors: 0, latency: undefined },
      cache: { hits: 1, misses: 2, size: 3 },
      system: {
        version: '1.2.3',
        directory: 'ready',
        breaker: 'open',
        redis: false,
        database: false,
        replicas: undefined,
        audit: { lagSeconds: 0 },
        masterKeyIds: ['new', 'old'],
      },
    });
    expect(overview.system.audit).toEqual({ lagSeconds: 0 });
  });

  it('waits for nothing longer than three seconds', async () => {
    vi.useFakeTimers();
    const pending = create({
      adoption: { refresh: never, latest: () => ADOPTION },
      projection: { history: never },
      pingDatabase: never,
      countReplicas: never,
      auditTrail: { extent: never },
    })(90);
    await vi.advanceTimersByTimeAsync(3_000);
    const { adoption, history, system } = await pending;
    expect({ adoption, history, database: system.database }).toEqual({
      // As it was counted last.
      adoption: ADOPTION,
      history: undefined,
      database: false,
    });
  });

  it('gives p50, p95 and p99 in seconds', async () => {
    const buckets = [
      { le: 0.1, count: 50 },
      { le: 0.2, count: 100 },
      { le: Number.POSITIVE_INFINITY, count: 100 },
    ];
    const { requests } = await create({ requestTotals: async () => ({ count: 100, errors: 3, buckets }) })(90);
    expect(requests).toMatchObject({ count: 100, errors: 3, since: new Date('2026-11-22T08:00:00Z') });
    expect(requests.latency?.p50).toBeCloseTo(0.1);
    expect(requests.latency?.p95).toBeCloseTo(0.19);
    expect(requests.latency?.p99).toBeCloseTo(0.198);
  });
});
