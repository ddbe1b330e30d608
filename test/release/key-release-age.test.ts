// How long a released key may be kept, by how the person was named and how sure their address is.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeyRelease } from '../../src/release/key-release.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createFindUserByEmail } from '../../src/users/find-user-by-email.ts';
import { createTiers } from '../../src/users/tiers.ts';
import { createUserCache } from '../../src/users/user-cache.ts';
import { createViewUser } from '../../src/users/user-view.ts';
import { createKeyWorld } from '../support/memory/key-world.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';
import { KEYS, SERVICE, SYSTEM } from './release-world.ts';

const HOUR = 3_600_000;
const BY_EMAIL = { email: 'ada@example.com' };

describe('how long a released key may be kept', () => {
  let now = 1_000_000;
  let world: ReturnType<typeof createKeyWorld>;
  let ask: (user: { id: string } | { email: string }, systemFallback?: boolean) => Promise<object>;
  beforeEach(async () => {
    now = 1_000_000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    world = createKeyWorld();
    await world.add('openai', KEYS.openai);
    const { directory, vault } = world;
    const tiers = createTiers();
    const viewUser = createViewUser({ vault, tiers });
    // Records are kept for longer than any key may be.
    const cache = createUserCache({ directory, viewUser, ttlMs: HOUR, maxUsers: 10, staleMs: HOUR });
    const release = createKeyRelease({
      cache,
      findUserByEmail: createFindUserByEmail({ directory, cache, maxUsers: 10, requireVerified: false }),
      vault,
      tiers,
      minimumTier: 'starter',
      systemKeys: new Map(Object.entries(SYSTEM)),
      audit: createMemoryAuditLog(),
      ttlMs: HOUR,
    });
    const origin = { requestId: 'r-1', address: '10.0.0.7' };
    ask = (user, systemFallback = false) =>
      release.release(SERVICE, { user, wanted: { provider: 'openai' }, systemFallback }, origin);
  });
  afterEach(() => vi.restoreAllMocks());

  it('is five minutes at most by id, however long records are kept', async () => {
    const user = { id: world.userId };
    expect(await ask(user)).toMatchObject({ maxAgeSeconds: 300, userId: world.userId });
    now += HOUR - 299_000;
    expect(await ask(user)).toMatchObject({ maxAgeSeconds: 299 });
  });

  it('is what is left of a minute by a verified address, and of five seconds by another', async () => {
    expect(await ask(BY_EMAIL)).toMatchObject({ maxAgeSeconds: 60, userId: world.userId });
    now += 45_000;
    expect(await ask(BY_EMAIL)).toMatchObject({ maxAgeSeconds: 15, apiKey: KEYS.openai });
    world.directory.change(world.userId, { emailVerified: false });
    now += 15_000;
    expect(await ask(BY_EMAIL)).toMatchObject({ maxAgeSeconds: 5 });
    now += 3_000;
    expect(await ask(BY_EMAIL)).toMatchObject({ maxAgeSeconds: 2 });
    expect(await ask({ id: world.userId })).toMatchObject({ maxAgeSeconds: 300 });
  });

  it('is the same for a system key', async () => {
    await world.change('openai', { enabled: false });
    expect(await ask(BY_EMAIL, true)).toMatchObject({ source: 'system', maxAgeSeconds: 60, userId: world.userId });
  });

  it('is not at all where nobody can say whose address it is by now', async () => {
    await ask(BY_EMAIL);
    world.directory.onStep = () => {
      throw new ByokError('directory_unavailable');
    };
    now += 60_000;
    const last = { apiKey: KEYS.openai, userId: world.userId, maxAgeSeconds: 0, stale: true };
    expect(await ask(BY_EMAIL)).toMatchObject(last);
    // The record itself is as good as ever.
    expect(await ask({ id: world.userId })).toMatchObject({ maxAgeSeconds: 300, stale: false });
    expect(await ask({ email: 'ben@example.com' }, true)).toMatchObject({ source: 'system', maxAgeSeconds: 0 });
  });
});
