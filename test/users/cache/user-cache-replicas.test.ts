// Two caches over one directory against every order in which reads, writes, messages and the deaths of writers can come.
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Invalidation } from '../../../src/replicas/invalidation.ts';
import { ByokError } from '../../../src/shared/errors.ts';
import { createUserCache } from '../../../src/users/user-cache.ts';
import type { DirectoryUser } from '../../../src/users/user-directory.ts';
import { createUserWrites } from '../../../src/users/user-writes.ts';
import { runs } from '../../support/proof.ts';

/** A user whose name says which state of the directory it is. */
function userAt(version: number): DirectoryUser {
  const names = { username: 'ada', email: undefined, firstName: String(version), lastName: undefined };
  return { id: 'ada', ...names, enabled: true, emailVerified: true, attributes: {} };
}

describe('two replicas, in every order of events', () => {
  beforeEach(() => {
    // Time passes with every look at the clock, so that nobody joins a reading that began before a message was missed.
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 300;
      return now;
    });
  });
  afterEach(() => vi.restoreAllMocks());

  const replica = fc.constantFrom(0, 1);
  const write = fc.record({ replica, end: fc.constantFrom('ok', 'unanswered', 'killed') });

  it('nobody sees what was there before an acknowledged write, or before what somebody has seen already', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(write, { minLength: 1, maxLength: 5 }),
        fc.array(replica, { minLength: 1, maxLength: 8 }),
        async (s, writes, reads) => {
          const world = playground(s);
          const oneByOne = async (steps: readonly (() => Promise<void>)[]): Promise<void> => {
            for (const step of steps) {
              await s.schedule(Promise.resolve(), 'the next one comes');
              await step();
            }
          };
          // Writers take turns: that is the lock's part.
          const allWrites = oneByOne(writes.map((each) => () => world.write(each.replica, each.end)));
          await s.waitFor(Promise.all([allWrites, ...reads.map((each) => oneByOne([() => world.read(each)]))]));
          for (const each of [0, 1, 0, 1]) await s.waitFor(world.read(each));
          expect(world.problems).toEqual([]);
        },
      ),
      runs({ sample: 200, proof: 50_000 }),
    );
  });
});

/** Two replicas; a message travels as long as the scheduler says, in order, and without it the other has no lease. */
function playground(s: fc.Scheduler) {
  const problems: string[] = [];
  let stored = 0;
  let seenByAnybody = 0;

  const replicas = [0, 1].map((own) => {
    let travelling = 0;
    let last: Promise<unknown> = Promise.resolve();
    const cache = createUserCache({
      ttlMs: 1e9,
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
      fresh: () => travelling === 0,
      directory: {
        findById: async () => {
          await s.schedule(Promise.resolve(), 'the read reaches the directory');
          const read = userAt(stored);
          await s.schedule(Promise.resolve(), 'the answer comes back');
          return read;
        },
      },
    });
    const hear = (kind: 'hold' | 'invalidate', id: string): void => {
      travelling += 1;
      last = last.then(async () => {
        await s.schedule(Promise.resolve(), 'the message arrives');
        cache[kind]('ada', id);
        travelling -= 1;
      });
    };
    const tell = async (kind: 'hold' | 'invalidate', id = ''): Promise<void> => {
      await s.schedule(Promise.resolve(), 'the message is published');
      replicas[1 - own]?.hear(kind, id);
    };
    const invalidation: Pick<Invalidation, 'announce' | 'written'> = {
      announce: (_user, id) => tell('hold', id),
      written: (_user, id) => tell('invalidate', id),
    };
    return { cache, hear, writes: createUserWrites({ cache, invalidation }) };
  });

  const read = async (index: number): Promise<void> => {
    const atLeast = seenByAnybody;
    const seen = Number((await replicas[index]?.cache.get('ada'))?.name);
    if (seen < atLeast) problems.push(`saw ${seen} after ${atLeast}`);
    seenByAnybody = Math.max(seenByAnybody, seen);
  };

  const write = async (index: number, end: string): Promise<void> => {
    const dead = Promise.withResolvers<void>();
    const section = {
      user: userAt(stored),
      close: () => undefined,
      [Symbol.dispose]: () => undefined,
      write: async () => {
        await s.schedule(Promise.resolve(), 'the write reaches the directory');
        stored += 1;
        const version = stored;
        if (end === 'killed') {
          dead.resolve();
          // What the process still had in hand never comes.
          await new Promise(() => undefined);
        }
        await s.schedule(Promise.resolve(), 'its answer comes back');
        if (end === 'unanswered') throw new ByokError('directory_unavailable');
        return userAt(version);
      },
    };
    const done = replicas[index]?.writes.write(section, new Map()).then(
      ({ view }) => {
        seenByAnybody = Math.max(seenByAnybody, Number(view.name));
      },
      () => undefined,
    );
    await Promise.race([done, dead.promise]);
  };
  return { problems, read, write };
}
