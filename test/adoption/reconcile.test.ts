import { describe, expect, it } from 'vitest';
import { projectUser } from '../../src/adoption/key-projection.ts';
import { reconcileProjection } from '../../src/adoption/reconcile.ts';
import { createMemoryKeyProjection } from '../support/memory/memory-key-projection.ts';
import { createMemoryUserDirectory } from '../support/memory/memory-user-directory.ts';

const now = () => new Date('2026-11-22T10:00:00Z');
const OPENAI = { byok_openai_key: ['gAAAAA'], byok_openai_test_status: ['valid'] };
const GROQ = { byok_groq_key: ['gAAAAB'], byok_groq_enabled: ['false'] };

function createWorld(users = 3) {
  const directory = createMemoryUserDirectory();
  const projection = createMemoryKeyProjection();
  const ids = Array.from({ length: users }, (_, index) =>
    directory.seed({ username: `user-${index}`, attributes: index % 3 === 0 ? {} : { ...OPENAI, ...GROQ } }),
  );
  const repairs: string[] = [];
  const reconcile = (dryRun = false) =>
    reconcileProjection({ directory, projection, dryRun, now, onRepair: (userId) => repairs.push(userId) });
  return { directory, projection, ids, repairs, reconcile };
}

describe('reconciling the projection', () => {
  it('makes it what the directory says, keeps the day’s numbers, and has nothing to do the second time', async () => {
    const { projection, ids, repairs, reconcile } = createWorld(250);
    expect(await reconcile()).toEqual({ users: 250, usersWithKeys: 166, repaired: 166, removed: 0 });
    expect(projection.users.get(ids[1] ?? '')).toEqual([
      { provider: 'groq', enabled: false, testStatus: undefined },
      { provider: 'openai', enabled: true, testStatus: 'valid' },
    ]);
    expect(projection.snapshots.get('2026-11-22')).toEqual({
      day: '2026-11-22',
      usersTotal: 250,
      usersWithKeys: 166,
      keys: { openai: 166, groq: 166 },
    });
    repairs.length = 0;
    expect(await reconcile()).toEqual({ users: 250, usersWithKeys: 166, repaired: 0, removed: 0 });
    expect(repairs).toEqual([]);
  });

  it('puts right what differs in any field, and removes users who are gone', async () => {
    const { directory, projection, ids, reconcile } = createWorld(5);
    await reconcile();
    const [, one = '', two = '', , four = ''] = ids;
    directory.change(one, { attributes: { ...OPENAI, ...GROQ, byok_openai_test_status: ['invalid'] } });
    directory.change(two, { attributes: OPENAI });
    directory.remove(four);
    expect(await reconcile()).toEqual({ users: 4, usersWithKeys: 2, repaired: 2, removed: 1 });
    expect([...projection.users.keys()].sort()).toEqual([one, two].sort());
    expect(projection.users.get(two)).toEqual(projectUser({ attributes: OPENAI }));
  });

  it('changes nothing on a dry run, and says the same', async () => {
    const { projection, repairs, reconcile } = createWorld();
    projection.users.set('gone', [{ provider: 'openai', enabled: true, testStatus: undefined }]);
    expect(await reconcile(true)).toEqual({ users: 3, usersWithKeys: 2, repaired: 2, removed: 1 });
    expect(repairs).toHaveLength(3);
    expect([...projection.users.keys()]).toEqual(['gone']);
    expect(projection.snapshots.size).toBe(0);
  });

  it('keeps what a write has changed since the listing', async () => {
    const { directory, projection, ids, reconcile } = createWorld(2);
    const [, ada = ''] = ids;
    directory.onStep = (step) => {
      if (step === 'openSection') directory.change(ada, { attributes: GROQ });
    };
    await reconcile();
    expect(projection.users.get(ada)).toEqual(projectUser({ attributes: GROQ }));
    expect(directory.openSections()).toBe(0);
  });

  it('forgets nobody whom the listing has missed', async () => {
    const { directory, projection, ids, reconcile } = createWorld(2);
    await reconcile();
    const [, ada = ''] = ids;
    const whole = directory.listUsers.bind(directory);
    directory.listUsers = async function* () {
      for await (const user of whole()) if (user.id !== ada) yield user;
    };
    expect(await reconcile()).toMatchObject({ users: 1, removed: 0 });
    expect(projection.users.has(ada)).toBe(true);
  });
});
