import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newToken } from '../../src/crypto/secret-token.ts';
import type { IdentityProvider } from '../../src/sessions/identity-provider.ts';
import { createMemorySessionStore } from '../../src/sessions/memory-session-store.ts';
import type { PlatformUser } from '../../src/sessions/platform-sessions.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { buildAuthApp } from '../support/service/auth-app.ts';
import { someone } from './session-store-under-test.ts';

/** Over plain HTTP. Over TLS: authenticate-tls.test.ts. */
const IN_ORDER = ['byok_session', 'session_token', 'session'];

/** Platform sessions by cookie value. */
const PLATFORM = new Map<string, PlatformUser | 'nobody'>([
  ['platform-with-id', { userId: 'platform-user', email: 'p@example.com' }],
  ['platform-with-email', { userId: undefined, email: 'known@example.com' }],
  ['platform-of-nobody', 'nobody' as const],
  ['platform-with-unknown-email', { userId: undefined, email: 'unknown@example.com' }],
]);

/** Access tokens that the identity provider was asked about. */
let shown: string[] = [];

const identityProvider = {
  async verifyAccessToken(token: string) {
    shown.push(token);
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
    shown = [];
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

  it.each(IN_ORDER.slice(1))('is known by a session of the platform in the cookie %s, without roles', async (name) => {
    const answer = await ask({ cookie: `${name}=platform-with-id` });
    expect(answer.json()).toEqual({
      userId: 'platform-user',
      email: 'p@example.com',
      roles: [],
      via: 'platform',
      session: null,
    });
  });

  it('may have a token of 512 characters, as the platform makes them', async () => {
    await ask({ cookie: `session_token=${'x'.repeat(512)}` });
    expect(asked).toEqual(['x'.repeat(512)]);
  });

  it('is found by address where the platform session has no id', async () => {
    const answer = await ask({ cookie: 'session_token=platform-with-email' });
    expect(answer.json()).toMatchObject({ userId: 'user-by-email', via: 'platform' });
  });

  it('is nobody where that address is unknown', async () => {
    const answer = await ask({ cookie: 'session_token=platform-with-unknown-email' });
    expect(answer.statusCode).toBe(401);
  });

  it('is decided by the first of the names that is there, wherever it is in the header', async () => {
    for (const [index, name] of IN_ORDER.entries()) {
      const later = await Promise.all(
        IN_ORDER.slice(index + 1).map(async (other) => `${other}=${await signedIn('late')}`),
      );
      for (const rest of [later, later.toReversed()]) {
        const cookie = [...rest, `${name}=${await signedIn('right')}`].join('; ');
        expect((await ask({ cookie })).json(), cookie).toMatchObject({ userId: 'right' });
      }
    }
  });

  it('is nobody, and not somebody else by another cookie, where that one leads to no session', async () => {
    for (const name of ['byok_session', 'session_token'])
      for (const value of [newToken(), 'x', '', '"', 'x'.repeat(513), '%00', '{}']) {
        const cookie = `session=${await signedIn('other')}; ${name}=${value}`;
        const answer = await ask({ cookie });
        expect(answer.statusCode, cookie).toBe(401);
        // It is taken away, so that the next request can be the other's.
        expect(String(answer.headers['set-cookie']), cookie).toMatch(new RegExp(`^${name}=; Max-Age=0; Path=/;`));
      }
  });

  it('is nobody where one name has two values, and none is taken away: the other could be a stranger’s', async () => {
    for (const name of IN_ORDER)
      for (const second of ['x', newToken(), await signedIn('stranger')]) {
        const pair = [`${name}=${await signedIn('person')}`, `${name}=${second}`];
        for (const cookie of [pair.join('; '), pair.toReversed().join('; ')]) {
          const answer = await ask({ cookie: `${cookie}; session=${await signedIn('late')}` });
          expect(answer.statusCode, cookie).toBe(401);
          expect(answer.headers['set-cookie'], cookie).toBeUndefined();
        }
      }
    const token = await signedIn('twice');
    expect((await ask({ cookie: `byok_session=${token}; byok_session=${token}` })).json()).toMatchObject({
      userId: 'twice',
    });
  });

  it('takes no cookie of the platform away that is a session of nobody, or of a stranger to the directory', async () => {
    for (const value of ['platform-of-nobody', 'platform-with-unknown-email']) {
      const answer = await ask({ cookie: `session_token=${value}` });
      expect(answer.statusCode, value).toBe(401);
      expect(answer.headers['set-cookie'], value).toBeUndefined();
    }
    expect((await ask({ cookie: 'session=another-program' })).headers['set-cookie']).toBeUndefined();
  });

  it('is nobody without a session, and nothing is looked up', async () => {
    for (const headers of [
      {},
      { cookie: 'theme=dark' },
      { cookie: 'session=' },
      { cookie: `session=${'x'.repeat(513)}` },
      { cookie: 'session' },
      { cookie: '=session=x' },
      { cookie: '; =; ;;' },
    ]) {
      const answer = await ask(headers);
      expect(answer.statusCode).toBe(401);
      expect(answer.json()).toMatchObject({ code: 'not_authenticated', detail: 'Not authenticated' });
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect(asked).toEqual([]);
    }
  });

  it.each(['Bearer good', 'bearer good', 'BEARER   good', ' Bearer good '])(
    'is known by a token in "%s"',
    async (authorization) => {
      const answer = await ask({ authorization });
      expect(answer.json()).toMatchObject({
        userId: 'bearer-user',
        roles: ['byok-admin'],
        via: 'bearer',
        session: null,
      });
    },
  );

  it('is decided by the token where there is a cookie too', async () => {
    const cookie = `byok_session=${await signedIn()}`;
    expect((await ask({ cookie, authorization: 'Bearer good' })).json()).toMatchObject({ via: 'bearer' });
    for (const [authorization, tokens] of [
      ['Bearer wrong', ['wrong']],
      ['bearer good good', ['good good']],
      ['Bearer go od', ['go od']],
      // Of no token there is nothing to ask.
      ['Bearer', []],
      ['Bearer ', []],
    ] as const) {
      expect((await ask({ cookie, authorization })).statusCode, authorization).toBe(401);
      expect(shown).toEqual(tokens);
    }
  });

  it.each(['Basic dTpw', 'Digest x', 'BearerToken good', 'x Bearer good', ''])(
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
