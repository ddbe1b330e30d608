import { beforeEach, describe, expect, it } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import type { DirectoryUser } from '../../src/users/user-directory.ts';
import { createUserWrites } from '../../src/users/user-writes.ts';

const ADA: DirectoryUser = {
  id: 'ada',
  username: 'ada',
  email: undefined,
  firstName: undefined,
  lastName: undefined,
  enabled: true,
  emailVerified: true,
  attributes: {},
};
const VIEW = {
  id: 'ada',
  email: undefined,
  name: undefined,
  tier: 'trial',
  enabled: true,
  emailVerified: true,
  apiCalls: { used: 0, limit: undefined, day: undefined },
  keys: [],
};

describe('a write that every replica hears of', () => {
  let steps: string[];
  beforeEach(() => {
    steps = [];
  });
  /** @param failing what fails, and how. */
  const open = (failing: { announce?: Error; write?: Error } = {}) => {
    const writes = createUserWrites({
      cache: {
        hold: () => void steps.push('hold'),
        invalidate: () => void steps.push('invalidate'),
        put: () => {
          steps.push('put');
          return VIEW;
        },
      },
      invalidation: {
        announce: async () => {
          steps.push('announce');
          if (failing.announce) throw failing.announce;
        },
        written: async () => void steps.push('written'),
      },
    });
    const section = {
      user: ADA,
      close: () => undefined,
      [Symbol.dispose]: () => undefined,
      write: async () => {
        steps.push('write');
        if (failing.write) throw failing.write;
        return ADA;
      },
    };
    return { writes, write: () => writes.write(section, new Map()) };
  };

  it('is announced before it is sent, and over before it is acknowledged', async () => {
    expect(await open().write()).toMatchObject({ user: { id: 'ada' }, view: VIEW });
    expect(steps).toEqual(['announce', 'hold', 'write', 'put', 'written']);
  });

  it('is not sent where the others cannot be told', async () => {
    const error = new ByokError('session_store_unavailable');
    await expect(open({ announce: error }).write()).rejects.toBe(error);
    expect(steps).toEqual(['announce']);
  });

  it('leaves nothing in any memory where nobody knows how it ended', async () => {
    for (const error of [new ByokError('directory_unavailable'), new Error('a mistake of ours')])
      await expect(open({ write: error }).write()).rejects.toBe(error);
    expect(steps).toEqual(['announce', 'hold', 'write', 'announce', 'hold', 'write']);
  });

  it('is over where the directory has refused it', async () => {
    const error = new ByokError('validation_failed');
    await expect(open({ write: error }).write()).rejects.toBe(error);
    expect(steps).toEqual(['announce', 'hold', 'write', 'invalidate', 'written']);
  });

  it('goes by one name from beginning to end, another for each, and tells who listens what is written now', async () => {
    const said: unknown[][] = [];
    const say =
      (what: string) =>
      async (...args: unknown[]): Promise<void> =>
        void said.push([what, ...args]);
    let failing = false;
    const writes = createUserWrites({
      cache: {
        hold: (...args) => void said.push(['hold', ...args]),
        invalidate: (...args) => void said.push(['invalidate', ...args]),
        put: ({ id }, write) => {
          said.push(['put', id, write]);
          return VIEW;
        },
      },
      invalidation: { announce: say('announce'), written: say('written') },
      onWritten: (view) => void said.push(['onWritten', view]),
    });
    const write = async () => {
      if (failing) throw new ByokError('validation_failed');
      return ADA;
    };
    const section = { user: ADA, close: () => undefined, [Symbol.dispose]: () => undefined, write };
    await writes.write(section, new Map());
    const name = said[0]?.[2];
    expect(name).toMatch(/^[0-9a-f-]{36}$/);
    expect(said).toEqual([
      ['announce', 'ada', name],
      ['hold', 'ada', name],
      ['put', 'ada', name],
      ['onWritten', VIEW],
      ['written', 'ada', name],
    ]);
    said.length = 0;
    failing = true;
    await expect(writes.write(section, new Map())).rejects.toMatchObject({ code: 'validation_failed' });
    const second = said[0]?.[2];
    expect(second).not.toBe(name);
    expect(said).toEqual([
      ['announce', 'ada', second],
      ['hold', 'ada', second],
      ['invalidate', 'ada', second],
      ['written', 'ada', second],
    ]);
  });

  it('has a sibling that only forgets', async () => {
    await open().writes.forget('ada');
    expect(steps).toEqual(['invalidate', 'written']);
  });
});
