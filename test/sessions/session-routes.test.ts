import { afterEach, describe, expect, it } from 'vitest';
import type { Subscribing } from '../../src/sessions/auth-schemas.ts';
import type { SessionStore } from '../../src/sessions/session-store.ts';
import { ByokError } from '../../src/shared/errors.ts';
import type { DescribeUser } from '../../src/users/usable-user.ts';
import { buildAuthApp } from '../support/service/auth-app.ts';
import { someone } from './session-store-under-test.ts';

type App = Awaited<ReturnType<typeof buildAuthApp>>;

describe('a person’s own account and sessions', () => {
  let app: App | undefined;
  afterEach(async () => {
    await app?.close();
  });

  const ada = { email: 'ada@example.com', name: 'Ada Example', tier: 'starter', enabled: true };
  async function start(
    options: { describeUser?: DescribeUser; sessions?: SessionStore; subscribing?: Subscribing } = {},
  ): Promise<App> {
    app = await buildAuthApp({ describeUser: async () => ada, ...options });
    return app;
  }
  const ask = (target: App, method: 'GET' | 'DELETE', url: string, token?: string) =>
    target.inject({ method, url, headers: token === undefined ? {} : { cookie: `byok_session=${token}` } });

  it('says who one is, by the directory as it is now', async () => {
    const target = await start();
    const { token } = await target.sessions.create(
      someone({ userId: 'u1', email: 'old@example.com', roles: ['byok-admin'] }),
    );
    const answer = await ask(target, 'GET', '/auth/me', token);
    expect(answer.json()).toEqual({
      id: 'u1',
      email: ada.email,
      name: ada.name,
      tier: 'starter',
      roles: ['byok-admin'],
      may_store_keys: true,
      required_tier: 'starter',
      upgrade_url: null,
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('answers null for what is not known', async () => {
    const target = await start({
      describeUser: async () => ({ email: undefined, name: undefined, tier: 'trial', enabled: true }),
    });
    const { token } = await target.sessions.create(someone({ roles: [] }));
    expect((await ask(target, 'GET', '/auth/me', token)).json()).toMatchObject({ email: null, name: null, roles: [] });
  });

  it('says whether the tier includes storing keys, which one does, and where to get it', async () => {
    const target = await start({
      describeUser: async () => ({ ...ada, tier: 'free' }),
      subscribing: {
        requiredTier: 'professional',
        mayStoreKeys: (tier) => tier === 'professional',
        upgradeUrl: 'https://ops.example.com/subscription',
      },
    });
    const { token } = await target.sessions.create(someone());
    expect((await ask(target, 'GET', '/auth/me', token)).json()).toMatchObject({
      tier: 'free',
      may_store_keys: false,
      required_tier: 'professional',
      upgrade_url: 'https://ops.example.com/subscription',
    });
  });

  it('refuses a disabled person, and one who is gone', async () => {
    const target = await start({
      describeUser: async (id) => (id === 'gone' ? undefined : { ...ada, enabled: false }),
    });
    const disabled = await target.sessions.create(someone({ userId: 'disabled' }));
    const gone = await target.sessions.create(someone({ userId: 'gone' }));
    expect((await ask(target, 'GET', '/auth/me', disabled.token)).json()).toMatchObject({
      code: 'account_disabled',
      status: 403,
    });
    expect((await ask(target, 'GET', '/auth/me', gone.token)).json()).toMatchObject({
      code: 'not_authenticated',
      status: 401,
    });
  });

  it('lists the sessions, newest first, and marks the present one', async () => {
    const target = await start();
    const other = await target.sessions.create(someone({ userId: 'u1', userAgent: 'Firefox' }));
    const current = await target.sessions.create(someone({ userId: 'u1' }));
    await target.sessions.create(someone({ userId: 'u2' }));
    const answer = await ask(target, 'GET', '/auth/sessions', current.token);
    const time = (ms: number) => new Date(ms).toISOString();
    expect(answer.json()).toEqual({
      items: [
        { session: current.session, user_agent: null, current: true },
        { session: other.session, user_agent: 'Firefox', current: false },
      ].map(({ session, ...rest }) => ({
        id: session.id,
        created_at: time(session.createdAt),
        last_seen_at: time(session.lastSeenAt),
        ...rest,
      })),
      next_cursor: null,
    });
    expect(answer.body).not.toContain(current.token);
  });

  it('ends one session, and signs the browser out when it is its own', async () => {
    const target = await start();
    const [other, current] = [
      await target.sessions.create(someone({ userId: 'u1' })),
      await target.sessions.create(someone({ userId: 'u1' })),
    ];
    const first = await ask(target, 'DELETE', `/auth/sessions/${other.session.id}`, current.token);
    expect(first.json()).toEqual({ message: 'Session ended', ended: 1 });
    expect(first.headers['set-cookie']).toBeUndefined();
    const second = await ask(target, 'DELETE', `/auth/sessions/${current.session.id}`, current.token);
    expect(second.headers['set-cookie']).toMatch(/^byok_session=; Max-Age=0; Path=\//);
    expect((await ask(target, 'GET', '/auth/me', current.token)).statusCode).toBe(401);
  });

  it('knows no session of somebody else', async () => {
    const target = await start();
    const victim = await target.sessions.create(someone({ userId: 'u2' }));
    const { token } = await target.sessions.create(someone({ userId: 'u1' }));
    for (const id of [victim.session.id, 'no-such-session', '__proto__', victim.token]) {
      const answer = await ask(target, 'DELETE', `/auth/sessions/${id}`, token);
      expect(answer.json(), id).toMatchObject({ code: 'session_not_found', status: 404 });
    }
    await expect(target.sessions.find(victim.token)).resolves.toBeDefined();
  });

  it('ends all sessions, its own included, and says how many', async () => {
    const target = await start();
    const made = [
      await target.sessions.create(someone({ userId: 'u1' })),
      await target.sessions.create(someone({ userId: 'u1' })),
    ];
    const stranger = await target.sessions.create(someone({ userId: 'u2' }));
    const answer = await ask(target, 'DELETE', '/auth/sessions', made[0]?.token);
    expect(answer.json()).toEqual({ message: '2 sessions ended', ended: 2 });
    expect(answer.headers['set-cookie']).toMatch(/^byok_session=;/);
    for (const { token } of made) expect((await ask(target, 'GET', '/auth/me', token)).statusCode).toBe(401);
    expect((await ask(target, 'GET', '/auth/me', stranger.token)).statusCode).toBe(200);
  });

  it.each([
    ['GET', '/auth/me'],
    ['GET', '/auth/sessions'],
    ['DELETE', '/auth/sessions'],
    ['DELETE', '/auth/sessions/some-id'],
  ] as const)('refuses %s %s without a session', async (method, url) => {
    expect((await ask(await start(), method, url)).statusCode).toBe(401);
  });

  it('says that sessions cannot be read, not that there is none', async () => {
    const away = () => Promise.reject(new ByokError('session_store_unavailable'));
    const sessions = {
      create: away,
      find: away,
      list: away,
      end: away,
      endAll: away,
      endByProviderSession: away,
      close: away,
    };
    const target = await start({ sessions });
    for (const url of ['/auth/me', '/auth/sessions']) {
      const answer = await ask(target, 'GET', url, 'x'.repeat(43));
      expect(answer.json(), url).toMatchObject({ code: 'session_store_unavailable' });
    }
    // The page opens, says it too, and goes on by itself when they can be read again.
    expect((await ask(target, 'GET', '/', 'x'.repeat(43))).body).toContain('id="app"');
    const logout = await target.inject({
      method: 'POST',
      url: '/auth/logout',
      headers: { cookie: `byok_session=${'x'.repeat(43)}` },
    });
    expect(logout.statusCode).toBe(503);
    expect(logout.headers['set-cookie']).toBeUndefined();
    // Without a cookie there is nothing to read.
    expect((await target.inject({ method: 'POST', url: '/auth/logout' })).statusCode).toBe(200);
  });
});
