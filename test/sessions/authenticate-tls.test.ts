import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newToken } from '../../src/crypto/secret-token.ts';
import { createMemorySessionStore } from '../../src/sessions/memory-session-store.ts';
import { buildAuthApp } from '../support/service/auth-app.ts';
import { someone } from './session-store-under-test.ts';

type App = Awaited<ReturnType<typeof buildAuthApp>>;

const OWN = '__Host-byok_session';
/** What every browser sends with at least some of its requests over TLS, one at a time. */
const BROWSERS: Record<string, string>[] = [
  { origin: 'https://keys.example.test' },
  { origin: 'null' },
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
  { 'sec-fetch-mode': 'navigate' },
  { 'sec-fetch-dest': 'document' },
  { 'sec-fetch-user': '?1' },
  { 'sec-fetch-storage-access': 'active' },
];

describe('who is asking, over TLS', () => {
  const sessions = createMemorySessionStore({ idleMs: 7_200_000, maxMs: 43_200_000 });
  const common = { sessions, publicUrl: 'https://keys.example.test' };
  let app: App;
  let withoutPlatform: App;
  beforeAll(async () => {
    const platformSessions = {
      find: async (token: string) => (token === 'platform' ? { userId: 'platform-user', email: undefined } : undefined),
    };
    app = await buildAuthApp({ ...common, platformSessions });
    withoutPlatform = await buildAuthApp(common);
  });
  afterAll(() => Promise.all([app?.close(), withoutPlatform?.close()]));

  const ask = (cookie: string, headers: Record<string, string> = {}, target = app) =>
    target.inject({ method: 'GET', url: '/echo', headers: { ...headers, cookie } });
  const signedIn = async (userId: string) => (await sessions.create(someone({ userId }))).token;

  it('is known by the cookie that this host alone can set, in a browser and in a script', async () => {
    const token = await signedIn('ada');
    for (const headers of [{}, ...BROWSERS])
      expect((await ask(`${OWN}=${token}`, headers)).json(), JSON.stringify(headers)).toMatchObject({ userId: 'ada' });
  });

  it('is not known by the name without the prefix, which any host of the domain can set', async () => {
    const token = await signedIn('attacker');
    for (const headers of [{}, ...BROWSERS])
      expect((await ask(`byok_session=${token}`, headers)).statusCode, JSON.stringify(headers)).toBe(401);
  });

  it('does not let a planted name win over a session, or lock it out', async () => {
    const planted = await signedIn('attacker');
    const own = await signedIn('victim');
    for (const value of [planted, newToken(), 'garbage', ''])
      for (const headers of [{}, ...BROWSERS]) {
        const cookie = `byok_session=${value}; byok_session=${planted}`;
        expect((await ask(`${cookie}; ${OWN}=${own}`, headers)).json()).toMatchObject({ userId: 'victim' });
        expect((await ask(`${cookie}; session_token=platform`, headers)).json()).toMatchObject({ via: 'platform' });
        expect((await ask(`session=platform; ${cookie}`, headers)).json()).toMatchObject({ via: 'platform' });
      }
  });

  it.each([
    ['in lower case', (token: string) => `__host-byok_session=${token}`],
    ['in capitals', (token: string) => `__HOST-BYOK_SESSION=${token}`],
    ['with another prefix', (token: string) => `__Secure-byok_session=${token}`],
    ['in quotes', (token: string) => `"${OWN}"=${token}`],
    ['with a quoted value', (token: string) => `${OWN}="${token}"`],
    ['with an encoded name', (token: string) => `__Host%2Dbyok_session=${token}`],
    ['with an encoded value', (token: string) => `${OWN}=%${token.charCodeAt(0).toString(16)}${token.slice(1)}`],
    ['without a name, as some browsers take it', (token: string) => `=${OWN}=${token}`],
    ['after a space that is not one', (token: string) => `\u00a0${OWN}=${token}`],
    ['before a space that is not one', (token: string) => `${OWN}\u00a0=${token}`],
    ['before a space', (token: string) => `${OWN} =${token}`],
    ['within another cookie’s quotes', (token: string) => `theme="a, ${OWN}=${token}"`],
    ['after a comma', (token: string) => `theme=a, ${OWN}=${token}`],
    ['with a version', (token: string) => `$Version=1, ${OWN}=${token}`],
    ['as an attribute', (token: string) => `theme=a, $Path=/ ${OWN}=${token}`],
  ])('is not known by the name %s', async (_how, planted) => {
    const cookie = planted(await signedIn('attacker'));
    expect((await ask(cookie)).statusCode).toBe(401);
    if (!cookie.startsWith(`${OWN}=`))
      expect((await ask(`${cookie}; ${OWN}=${await signedIn('victim')}`)).json()).toMatchObject({ userId: 'victim' });
  });

  it('is nobody where the name came twice with two values, whatever their order', async () => {
    const pair = [`${OWN}=${await signedIn('victim')}`, `${OWN}=${await signedIn('attacker')}`];
    for (const cookie of [pair.join('; '), pair.toReversed().join('; '), pair.join(';')]) {
      const answer = await ask(cookie);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('is nobody where the session has ended, whatever other cookies there are, and the cookie is cleared', async () => {
    const others = `byok_session=${await signedIn('attacker')}; session_token=platform; session=platform`;
    for (const dead of [newToken(), 'x', '', 'x'.repeat(600)]) {
      const answer = await ask(`${others}; ${OWN}=${dead}`);
      expect(answer.statusCode, dead).toBe(401);
      expect(answer.headers['set-cookie'], dead).toEqual([
        expect.stringMatching(/^__Host-byok_session=; Max-Age=0; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/),
        expect.stringMatching(/^byok_session=; Max-Age=0; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/),
      ]);
    }
  });

  it('has only that cookie cleared where there is none of an earlier set-up over plain HTTP', async () => {
    const answer = await ask(`${OWN}=${newToken()}; theme=dark`);
    expect(answer.headers['set-cookie']).toEqual(expect.stringMatching(/^__Host-byok_session=; Max-Age=0;/));
  });

  it('is known under the platform’s names by a session of ours in a script, never in a browser', async () => {
    for (const name of ['session_token', 'session']) {
      const cookie = `${name}=${await signedIn('ada')}`;
      for (const target of [app, withoutPlatform]) {
        expect((await ask(cookie, {}, target)).json(), cookie).toMatchObject({ userId: 'ada', via: 'session' });
        for (const headers of BROWSERS)
          expect((await ask(cookie, headers, target)).statusCode, JSON.stringify(headers)).toBe(401);
      }
    }
  });

  it('is known by a session of the platform where those are configured, and nowhere else', async () => {
    for (const name of ['session_token', 'session'])
      for (const headers of [{}, ...BROWSERS]) {
        expect((await ask(`${name}=platform`, headers)).json()).toMatchObject({ via: 'platform', roles: [] });
        const elsewhere = await ask(`${name}=platform`, headers, withoutPlatform);
        expect(elsewhere.statusCode).toBe(401);
      }
    for (const name of [OWN, 'byok_session']) expect((await ask(`${name}=platform`)).statusCode, name).toBe(401);
  });

  it.each([
    ['keys.example.test', [undefined, 'keys.example.test', 'example.test']],
    [
      'Keys.EU.example.co.test:8443',
      [undefined, 'keys.eu.example.co.test', 'eu.example.co.test', 'example.co.test', 'co.test'],
    ],
    // Of a long name its last six parts count, so that one answer does not clear a cookie without end.
    [
      'a.b.c.d.e.f.example.test',
      [
        undefined,
        ...['c.d.e.f.example.test', 'd.e.f.example.test', 'e.f.example.test', 'f.example.test', 'example.test'],
      ],
    ],
    ['localhost', [undefined]],
    ['127.0.0.1:8084', [undefined]],
    ['[::1]:8084', [undefined]],
    ['[::ffff:127.0.0.1]:8084', [undefined]],
  ])('has a dead cookie of the platform’s name taken away for %s and the domains above', async (host, domains) => {
    const answer = await ask('session_token=dead; session=platform', { host, 'sec-fetch-site': 'same-origin' });
    expect(answer.statusCode).toBe(401);
    const cleared = [answer.headers['set-cookie']].flat().map((line) => String(line));
    expect(cleared.map((line) => /Domain=([^;]*)/.exec(line)?.[1])).toEqual(domains);
    for (const line of cleared) expect(line).toMatch(/^session_token=; Max-Age=0;.* Path=\/;.* Secure;/);
  });

  it('leaves the platform’s cookies alone where its sessions are not configured', async () => {
    const answer = await ask('session_token=dead', { 'sec-fetch-site': 'same-origin' }, withoutPlatform);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('signs out what the browser came with, and clears both names of ours', async () => {
    const token = await signedIn('ada');
    const answer = await app.inject({
      method: 'POST',
      url: '/auth/logout',
      headers: { cookie: `byok_session=${await signedIn('attacker')}; ${OWN}=${token}` },
    });
    expect(answer.statusCode).toBe(200);
    expect(String(answer.headers['set-cookie'])).toMatch(/__Host-byok_session=;.*byok_session=;/);
    await expect(sessions.find(token)).resolves.toBeUndefined();
  });

  it('is changed by no write with a planted cookie', async () => {
    for (const name of ['byok_session', 'session_token', 'session']) {
      const cookie = `${name}=${await signedIn('attacker')}`;
      const answer = await app.inject({
        method: 'POST',
        url: '/echo',
        headers: { cookie, origin: 'https://keys.example.test', 'sec-fetch-site': 'same-origin' },
      });
      expect(answer.statusCode, name).toBe(401);
    }
  });
});
