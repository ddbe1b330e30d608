import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hashOfToken, newToken } from '../../src/crypto/secret-token.ts';
import { buildAuthApp } from '../support/service/auth-app.ts';
import { browserAt, fakeProvider } from './sign-in-fakes.ts';

describe.each([
  { over: 'TLS', publicUrl: 'https://keys.example.test', prefix: '__Host-byok_sign_in', secure: true },
  { over: 'plain HTTP', publicUrl: 'http://localhost:8084', prefix: 'byok_sign_in', secure: false },
])('a begun sign-in over $over', ({ publicUrl, prefix, secure }) => {
  const { provider, goAway } = fakeProvider();
  const earlier = new Map<string, string>();
  let app: Awaited<ReturnType<typeof buildAuthApp>>;
  beforeAll(async () => {
    app = await buildAuthApp({
      publicUrl,
      identityProvider: provider,
      earlierSignIns: {
        async take(state) {
          const secret = earlier.get(state);
          earlier.delete(state);
          const browserHash = hashOfToken(secret ?? '') ?? '';
          return secret === undefined ? undefined : { nonce: 'n', codeVerifier: 'v', returnTo: '/old', browserHash };
        },
      },
    });
  });
  afterAll(() => app?.close());

  const browser = () => browserAt(app, `${prefix}_`);

  it('is a cookie of its own, which shows nothing and is gone when it has come back', async () => {
    const { begin, comeBack, signIns, jar } = browser();
    const state = await begin('?return_to=/activity');
    expect(signIns()).toHaveLength(1);
    expect([...jar.values()].join()).not.toContain(state);
    const answer = await comeBack(state);
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/activity');
    expect(signIns()).toEqual([]);
  });

  it('has its cookie for ten minutes, out of reach of scripts and other sites', async () => {
    const login = await app.inject({ method: 'GET', url: '/auth/login' });
    const attributes = secure ? 'Path=/; HttpOnly; Secure; SameSite=Lax' : 'Path=/auth; HttpOnly; SameSite=Lax';
    expect(login.headers['set-cookie']).toMatch(
      new RegExp(`^${prefix}_[\\w-]{11}=[\\w.-]+; Max-Age=600; ${attributes}$`),
    );
    const state = new URL(String(login.headers.location)).searchParams.get('state');
    const headers = { cookie: String(login.headers['set-cookie']).split(';', 1)[0] ?? '' };
    const url = `/auth/callback?state=${state}&code=${newToken()}`;
    const back = await app.inject({ method: 'GET', url, headers });
    expect([back.headers['set-cookie']].flat().join('\n')).toMatch(
      new RegExp(
        `^${prefix}_[\\w-]{11}=; Max-Age=0; ${attributes.replace('HttpOnly', 'Expires=[^;]*; HttpOnly')}$`,
        'm',
      ),
    );
  });

  it('is one of five at most: the oldest goes, and the five others finish in any order', async () => {
    const { begin, comeBack, signIns } = browser();
    const states: string[] = [];
    for (let count = 0; count < 9; count += 1) {
      vi.setSystemTime(Date.now() + 1000);
      states.push(await begin());
      expect(signIns().length).toBe(Math.min(count + 1, 5));
    }
    vi.useRealTimers();
    for (const state of states.slice(0, 4)) expect((await comeBack(state)).statusCode).toBe(400);
    for (const state of states.slice(4).toReversed()) expect((await comeBack(state)).statusCode).toBe(303);
    expect(signIns()).toEqual([]);
  });

  it('leaves room in the headers, however long the paths are that it goes back to', async () => {
    const { begin, comeBack, header, signIns } = browser();
    const path = `/activity?q=${'x'.repeat(1900)}`;
    let last = '';
    for (let count = 0; count < 7; count += 1) last = await begin(`?return_to=${encodeURIComponent(path)}`);
    expect(header().length).toBeLessThan(8 * 1024);
    expect(signIns().length).toBeGreaterThan(1);
    expect((await comeBack(last)).headers.location).toBe(path);
  });

  it('goes back to the first page where the path would make a cookie that browsers drop', async () => {
    const { begin, comeBack, header } = browser();
    const state = await begin(`?return_to=${encodeURIComponent(`/activity?q=${'ü'.repeat(1900)}`)}`);
    expect(header().length).toBeLessThan(4000);
    const answer = await comeBack(state);
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/');
  });

  it('ends after ten minutes, also where the browser keeps its cookie', async () => {
    const { begin, comeBack } = browser();
    const [first, second] = [await begin(), await begin()];
    vi.setSystemTime(Date.now() + 599_000);
    expect((await comeBack(first)).statusCode).toBe(303);
    vi.setSystemTime(Date.now() + 2000);
    const late = await comeBack(second);
    vi.useRealTimers();
    expect(late.statusCode).toBe(400);
  });

  it('cannot be prolonged, moved to another state, or made', async () => {
    const { begin, jar, signIns, comeBack } = browser();
    const state = await begin();
    const [name = ''] = signIns();
    const genuine = jar.get(name) ?? '';
    const [until = '', sealed = ''] = genuine.split('.');
    const later = (Number.parseInt(until, 36) + 1).toString(36);
    const stranger = browser();
    await stranger.begin();
    const foreign = stranger.jar.get(stranger.signIns()[0] ?? '') ?? '';
    for (const value of [`${later}.${sealed}`, `${until}.${sealed.slice(1)}`, sealed, foreign, '', 'x', `${until}.`]) {
      jar.set(name, value);
      expect((await comeBack(state)).statusCode, value).toBe(400);
    }
    jar.set(name, genuine);
    expect((await comeBack(state)).statusCode).toBe(303);
  });

  it('is found beside a planted cookie of its name, and under no other spelling', async () => {
    const { begin, header, signIns } = browser();
    const state = await begin();
    const [name = ''] = signIns();
    const ask = (cookie: string, code: string) =>
      app.inject({
        method: 'GET',
        url: `/auth/callback?state=${state}&code=${code}`,
        headers: { cookie, accept: 'application/json' },
      });
    for (const cookie of [
      header().replace(name, name.toLowerCase().replace('byok', 'BYOK')),
      header().replace(name, ` "${name}"`),
      `=${header()}`,
    ])
      expect((await ask(cookie, newToken())).statusCode, cookie).toBe(400);
    expect((await ask(`${name}=planted; ${header()}; ${name}=`, newToken())).statusCode).toBe(303);
  });

  it('works once, also with the cookie kept', async () => {
    const { begin, header, comeBack } = browser();
    const state = await begin();
    const cookie = header();
    const code = newToken();
    expect((await comeBack(state, code)).statusCode).toBe(303);
    for (const again of [code, newToken()]) {
      const answer = await app.inject({
        method: 'GET',
        url: `/auth/callback?state=${state}&code=${again}`,
        headers: { cookie, accept: 'application/json' },
      });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'sign_in_failed' });
    }
  });

  it('works once on all replicas that share what was used, and is not shown to the provider again', async () => {
    const used = new Set<string>();
    let asked = 0;
    const make = (masterKeys: readonly Buffer[]) =>
      buildAuthApp({
        publicUrl,
        masterKeys,
        identityProvider: {
          ...provider,
          finishSignIn(...args) {
            asked += 1;
            return provider.finishSignIn(...args);
          },
        },
        usedSignIns: { has: async (state) => used.has(state), add: async (state) => void used.add(state) },
      });
    const keys = [Buffer.alloc(32, 7)];
    const [one, other] = [await make(keys), await make([Buffer.alloc(32, 8), ...keys])];
    const login = await one.inject({ method: 'GET', url: '/auth/login' });
    const state = new URL(String(login.headers.location)).searchParams.get('state');
    const headers = { cookie: String(login.headers['set-cookie']).split(';', 1)[0] ?? '', accept: 'application/json' };
    const url = `/auth/callback?state=${state}&code=${newToken()}`;
    expect((await other.inject({ method: 'GET', url, headers })).statusCode).toBe(303);
    expect((await one.inject({ method: 'GET', url, headers })).statusCode).toBe(400);
    expect(asked).toBe(1);
    await Promise.all([one.close(), other.close()]);
  });

  it('is kept while the provider is away, so that loading the page again finishes it', async () => {
    const { begin, comeBack, signIns } = browser();
    const state = await begin();
    goAway(true);
    expect((await comeBack(state)).statusCode).toBe(503);
    goAway(false);
    expect(signIns()).toHaveLength(1);
    expect((await comeBack(state)).statusCode).toBe(303);
  });

  it('is over when the provider refuses it', async () => {
    const { begin, comeBack, signIns } = browser();
    const state = await begin();
    expect((await comeBack(state, 'bad')).statusCode).toBe(400);
    expect(signIns()).toEqual([]);
  });

  it('finishes where a replica of an older version began it, once and in the same browser', async () => {
    const { jar, comeBack } = browser();
    const [state, secret] = [newToken(), newToken()];
    jar.set(prefix, newToken());
    earlier.set(state, secret);
    expect((await comeBack(state)).statusCode).toBe(400);
    earlier.set(state, secret);
    // Two that differ: one of them somebody else has set.
    const twice = { cookie: `${prefix}=${secret}; ${prefix}=${newToken()}`, accept: 'application/json' };
    const url = `/auth/callback?state=${state}&code=${newToken()}`;
    expect((await app.inject({ method: 'GET', url, headers: twice })).statusCode).toBe(400);
    jar.set(prefix, secret);
    const answer = await comeBack(state);
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/old');
    expect((await comeBack(state)).statusCode).toBe(400);
  });

  it('takes at most fifty surplus cookies away at a time', async () => {
    const { jar, begin } = browser();
    for (let count = 0; count < 300; count += 1) jar.set(`${prefix}_${count}`, 'x');
    await begin();
    expect(jar.size).toBe(251);
  });
});
