import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ByokError } from '../../src/shared/errors.ts';
import { createFindUserIdByEmail } from '../../src/users/find-user-by-email.ts';
import { createUserCache } from '../../src/users/user-cache.ts';
import { createMemoryUserDirectory, type MemoryUserDirectory } from '../support/memory/memory-user-directory.ts';

describe('finding a user by email', () => {
  let now = 1000;
  let directory: MemoryUserDirectory;
  let find: (email: string) => Promise<string | undefined>;
  let ada: string;
  let asked: string[];
  beforeEach(() => {
    now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    directory = createMemoryUserDirectory();
    ada = directory.seed({ username: 'ada', email: 'ada@example.com' });
    asked = directory.steps;
    const cache = createUserCache({
      directory,
      viewUser: ({ id, email, enabled }) => ({
        id,
        email,
        name: undefined,
        tier: 'trial',
        enabled,
        apiCalls: { used: 0, limit: undefined, day: undefined },
        keys: [],
      }),
      ttlMs: 1000,
      maxUsers: 10,
      staleMs: 5000,
    });
    find = createFindUserIdByEmail({ directory, cache, ttlMs: 1000, maxUsers: 10 });
  });
  afterEach(() => vi.restoreAllMocks());
  const cutOff = (): void => {
    directory.onStep = () => {
      throw new ByokError('directory_unavailable');
    };
  };

  it('asks once and remembers, whatever the letter case', async () => {
    expect(await find('ada@example.com')).toBe(ada);
    expect(await find('ADA@example.com')).toBe(ada);
    expect(await find('ada@example.com')).toBe(ada);
    expect(asked).toEqual(['findByEmail', 'findById']);
    now += 1000;
    expect(await find('ada@example.com')).toBe(ada);
    expect(asked.filter((step) => step === 'findByEmail')).toHaveLength(2);
  });

  it.each(['\u212Aada@example.com', 'ada@example.\u212Ao', 'a\u030Ada@example.com'])(
    'takes %s for nobody, whoever it would be in lower case',
    async (email) => {
      directory.seed({ username: 'kada', email: 'kada@example.com' });
      directory.seed({ username: 'ko', email: 'ada@example.ko' });
      await find('kada@example.com');
      await find('ada@example.ko');
      expect(await find(email)).toBeUndefined();
    },
  );

  it('does not go on with an address that belongs to somebody else by now', async () => {
    expect(await find('ada@example.com')).toBe(ada);
    directory.change(ada, { email: 'countess@example.com' });
    const eve = directory.seed({ username: 'eve', email: 'ada@example.com' });
    expect(await find('ada@example.com')).toBe(eve);
    directory.remove(eve);
    now += 1000;
    expect(await find('ada@example.com')).toBeUndefined();
  });

  it('answers from memory while the directory is away, as long as the record does', async () => {
    await find('ada@example.com');
    await find('ada@example.com');
    cutOff();
    now += 5999;
    expect(await find('ada@example.com')).toBe(ada);
    now += 1;
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('says that nobody can say while the directory is away, never that there is nobody', async () => {
    cutOff();
    await expect(find('ada@example.com')).rejects.toMatchObject({ code: 'directory_unavailable' });
  });
});
