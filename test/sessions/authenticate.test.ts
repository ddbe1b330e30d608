import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newToken } from '../../src/crypto/secret-token.ts';
import type { IdentityProvider } from '../../src/sessions/identity-provider.ts';
import { createMemorySessionStore } from '../../src/sessions/memory-session-store.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { buildAuthApp } from '../support/service/auth-app.ts';
import { someone } from './session-store-under-test.ts';

const IN_ORDER = ['__Host-byok_session', 'byok_session', 'session_token', 'session'];

/** Platform sessions by cookie value. */
const PLATFORM = new Map([
  ['platform-with-id', { userId: 'platform-user', email: 'p@example.com' }],
  ['platform-with-email', { userId: undefined, email: 'known@example.com' }],
  ['platform-with-unknown-email', { userId: undefined, email: 'unknown@example.com' }],
]);

const identityProvider = {
  async verifyAccessToken(token: string) {
    if (token === 'down') throw new ByokError('directory_unavailable');
    if (token !== 'good') throw new ByokError('not_authenticated');
    return { userId: 'bearer-user', email: 'b@example.com', name: undefined, roles: ['byok-admin'] };
  },
} as unknown as IdentityProvider;

describe('who is asking', () => {
  const sessions = createMemorySessionStore({ idleMs: 7_200_000, maxMs: 43_200_000 });
  let app: Awaited<ReturnType<typeof buildAuthApp>>;
  let asked: string[];
  beforeAll(async () => {
    app = await buildAuthApp({
      sessions,
      identityProvider,
      platformSessions: {
        find: async (token) => {
          asked.push(token);
          if (token === 'platform-down') throw new ByokError('session_store_unavailable');
          return PLATFORM.get(token);
        },
      },
      findUserIdByEmail: async (email) => (email === 'known@example.com' ? 'user-by-email' : undefined),
    });
  });
  afterAll(() => app?.close());

  async function ask(headers: Record<string, string>) {
    asked = [];
    return app.inject({ method: 'GET', url: '/echo', headers });
  }
  const signedIn = async (userId = 'session-user') => (await sessions.create(someone({ userId }))).token;

  it.each(IN_ORDER)('is known by a session of ours in the cookie %s', async (name) => {
    const { token, session } = await sessions.create(someone({ userId: 'ada' }));
    const answer = await ask({ cookie: `${name}=${token}` });
    expect(answer.json()).toEqual({
      userId: 'ada',
      email: session.email,
      roles: session.roles,
      via: 'session',
      session: session.id,
    });
    expect(asked).toEqual([]);
  });

  it.each(IN_ORDER)('is known by a session of the platform in the cookie %s, without roles', async (name) => {
    const answer = await ask({ cookie: `${name}=platform-with-id` });
    expect(answer.json()).toEqual({
      userId: 'platform-user',
      email: 'p@example.com',
      roles: [],
      via: 'platform',
      session: null,
    });
  });

  it('is found by address where the platform session has no id', async () => {
    const answer = await ask({ cookie: 'session_token=platform-with-email' });
    expect(answer.json()).toMatchObject({ userId: 'user-by-email', via: 'platform' });
  });

  it('is nobody where that address is unknown', async () => {
    const answer = await ask({ cookie: 'session_token=platform-with-unknown-email' });
    expect(answer.statusCode).toBe(401);
  });

  it('is decided by the first cookie that resolves, in the order of the names, ours before the platform’s', async () => {
    for (const names of [IN_ORDER.slice(0, 2), IN_ORDER.slice(2)]) {
      for (const [index, name] of names.entries()) {
        const before = names.slice(0, index).map((earlier) => `${earlier}=${newToken()}`);
        const after = await Promise.all(
          IN_ORDER.slice(IN_ORDER.indexOf(name) + 1).map(async (later) => `${later}=${await signedIn('late')}`),
        );
        // The order of the header does not count, only that of the names.
        const cookie = [...after, `${name}=${await signedIn('right')}`, ...before].join('; ');
        expect((await ask({ cookie })).json(), name).toMatchObject({ userId: 'right' });
      }
    }
  });

  it('is nobody, and not somebody else by another cookie, when a session of ours has ended', async () => {
    for (const name of IN_ORDER.slice(0, 2)) {
      const answer = await ask({
        cookie: `${name}=${newToken()}; session_token=platform-with-id; session=${await signedIn('other')}`,
      });
      expect(answer.statusCode, name).toBe(401);
      // The dead cookie is taken away, so that the next request can be the platform's.
      expect(String(answer.headers['set-cookie']), name).toMatch(
        /byok_session=;.*(?:Max-Age=0|Expires=Thu, 01 Jan 1970)/i,
      );
    }
  });

  it('is nobody without a session, and nothing is looked up', async () => {
    for (const headers of [
      {},
      { cookie: 'theme=dark' },
      { cookie: 'session=' },
      { cookie: `session=${'x'.repeat(513)}` },
    ]) {
      const answer = await ask(headers);
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toMatchObject({ code: 'not_authenticated', detail: 'Not authenticated' });
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect(asked).toEqual([]);
    }
  });

  it('looks one value up once, whatever the number of its names', async () => {
    const token = newToken();
    await ask({ cookie: IN_ORDER.map((name) => `${name}=${token}`).join('; ') });
    expect(asked).toEqual([token]);
  });

  it.each(['Bearer good', 'bearer good', 'BEARER   good'])('is known by a token in "%s"', async (authorization) => {
    const answer = await ask({ authorization });
    expect(answer.json()).toMatchObject({ userId: 'bearer-user', roles: ['byok-admin'], via: 'bearer', session: null });
  });

  it('is decided by the token where there is a cookie too', async () => {
    const cookie = `byok_session=${await signedIn()}`;
    expect((await ask({ cookie, authorization: 'Bearer good' })).json()).toMatchObject({ via: 'bearer' });
    for (const authorization of ['Bearer wrong', 'Bearer', 'Bearer ', 'bearer good good']) {
      expect((await ask({ cookie, authorization })).statusCode, authorization).toBe(401);
    }
  });

  it.each(['Basic dTpw', 'Digest x', 'BearerToken good', ''])(
    'is decided by the cookie beside "%s"',
    async (authorization) => {
      const cookie = `byok_session=${await signedIn()}`;
      expect((await ask({ cookie, authorization })).json()).toMatchObject({ via: 'session' });
      expect((await ask({ authorization })).statusCode).toBe(401);
    },
  );

  it('is not called nobody while it cannot be known', async () => {
    expect((await ask({ authorization: 'Bearer down' })).json()).toMatchObject({
      code: 'directory_unavailable',
      status: 503,
    });
    const answer = await ask({ cookie: 'session=platform-down' });
    expect(answer.json()).toMatchObject({ code: 'session_store_unavailable', status: 503 });
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('is nobody by any token where there is no identity provider', async () => {
    const embedded = await buildAuthApp();
    const answer = await embedded.inject({ method: 'GET', url: '/echo', headers: { authorization: 'Bearer good' } });
    expect(answer.statusCode).toBe(401);
    await embedded.close();
  });
});
