// The user cache against every order in which reads and writes of one user can take effect and come back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByokError } from '../../../src/shared/errors.ts';
import { createUserCache } from '../../../src/users/user-cache.ts';
import type { DirectoryUser } from '../../../src/users/user-directory.ts';
import { runs } from '../../support/proof.ts';

/** A user whose name says which state of the directory it is. */
function userAt(version: number): DirectoryUser {
  const names = { username: 'ada', email: undefined, firstName: String(version), lastName: undefined };
  return { id: 'ada', ...names, enabled: true, emailVerified: true, attributes: {} };
}

describe('in every order of events', () => {
  const operation = fc.constantFrom('get', 'get', 'get', 'put', 'invalidate', 'outage', 'recovery');
  const operations = fc.array(operation, { minLength: 2, maxLength: 12 });
  // Where a record is old after a moment, it answers in outages only.
  const ttl = fc.constantFrom(300_000, 0.001);

  it('nobody who asks after an acknowledged write sees what was there before it, not even in an outage, and one fill runs at a time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), operations, ttl, async (s, operations, ttlMs) => {
        const world = playground(s, ttlMs);
        const oneByOne = async (steps: readonly (() => Promise<void>)[]): Promise<void> => {
          for (const step of steps) {
            await s.schedule(Promise.resolve(), 'the next one comes');
            await step();
          }
        };
        const writes = operations
          .filter((name) => name === 'put' || name === 'invalidate')
          .map((name) => () => world.write(name));
        const gets = operations.filter((name) => name === 'get').map(() => oneByOne([world.get]));
        const outages = operations
          .filter((name) => name === 'outage' || name === 'recovery')
          .map((name) => async () => world.reach(name === 'recovery'));
        await s.waitFor(Promise.all([oneByOne(writes), oneByOne(outages), ...gets]));
        await s.waitFor(world.get());
        expect(world.problems).toEqual([]);
      }),
      runs({ sample: 200, proof: 50_000 }),
    );
  });
});

/** One user in a directory whose reads and writes take effect and arrive whenever the scheduler says. */
function playground(s: fc.Scheduler, ttlMs: number) {
  const problems: string[] = [];
  let stored = 0;
  let acknowledged = 0;
  let writes = 0;
  let reachable = true;
  /** Fills under way, by how many writes had been told to the cache when they began. */
  const running = new Map<number, number>();
  const cache = createUserCache({
    ttlMs,
    staleMs: 300_000,
    maxUsers: 10,
    viewUser: ({ id, email, emailVerified, firstName, enabled }) => ({
      id,
      email,
      emailVerified,
      name: firstName,
      tier: 'trial',
      enabled,
      apiCalls: { used: 0, limit: undefined, day: undefined },
      keys: [],
    }),
    directory: {
      findById: async () => {
        const began = writes;
        running.set(began, (running.get(began) ?? 0) + 1);
        if ((running.get(began) ?? 0) > 1) problems.push('two fills at once');
        await s.schedule(Promise.resolve(), 'the read reaches the directory');
        const read = userAt(stored);
        const answered = reachable;
        await s.schedule(Promise.resolve(), 'the answer comes back');
        running.set(began, (running.get(began) ?? 0) - 1);
        if (!answered) throw new ByokError('directory_unavailable');
        return read;
      },
    },
  });

  const get = async (): Promise<void> => {
    const atLeast = acknowledged;
    const found = await cache.get('ada').catch((error: unknown) => {
      if (!(error instanceof ByokError)) throw error;
    });
    const seen = found === undefined ? atLeast : Number(found.name);
    if (seen < atLeast) problems.push(`saw ${seen} after ${atLeast} had been acknowledged`);
  };

  const write = async (kind: string): Promise<void> => {
    await s.schedule(Promise.resolve(), 'the write reaches the directory');
    stored += 1;
    const version = stored;
    await s.schedule(Promise.resolve(), 'its answer comes back');
    writes += 1;
    if (kind === 'put') cache.put(userAt(version));
    else cache.invalidate('ada');
    acknowledged = version;
  };
  const reach = (yes: boolean): void => {
    reachable = yes;
  };
  return { problems, get, write, reach };
}
