import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PendingSignIn } from '../../src/sessions/pending-sign-in.ts';
import { createBrowser } from '../support/keycloak/keycloak-browser.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';
import { EMAIL, PASSWORD, type SignInService, startSignInService } from '../support/service/sign-in-service.ts';
import { browsingAt, HOST, JSON_ONLY } from './sign-in-browsing.ts';
import { describeSignOut } from './sign-out-contract.ts';

describe('signing in at Keycloak', () => {
  const auditLog = createMemoryAuditLog();
  let service: SignInService;
  /** What a test changes in a kept sign-in before it is used. */
  let tamper: ((signIn: PendingSignIn) => PendingSignIn) | undefined;
  beforeAll(async () => {
    service = await startSignInService({
      auditLog,
      changeSignInCookies: (made) => ({
        ...made,
        find(request, state) {
          const signIn = made.find(request, state);
          return signIn === undefined ? undefined : (tamper?.(signIn) ?? signIn);
        },
      }),
    });
  });
  afterAll(() => service?.close());

  const { me, loginUrl, signIn, callbackUrl, sessionsOf } = browsingAt(() => service);

  it('goes to Keycloak and back, and ends where the person wanted to go', async () => {
    const browser = createBrowser();
    const answer = await signIn(browser, '/auth/me?x=1');
    expect(answer.url).toBe(`${service.root}/auth/me?x=1`);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({
      id: service.userId,
      email: EMAIL,
      name: 'Ada Example',
      tier: 'starter',
      roles: ['byok-admin'],
      may_store_keys: true,
      required_tier: 'starter',
      upgrade_url: null,
    });
  });

  it('leads to the page, which knows who is signed in', async () => {
    const browser = createBrowser();
    const answer = await signIn(browser);
    expect(answer.url).toBe(`${service.root}/`);
    expect(answer.body).toContain('<div id="app"');
    expect((await browser.visit(`${service.root}/auth/me`)).body).toContain('Ada Example');
  });

  it('asks Keycloak with code, PKCE, state and nonce', async () => {
    const answer = await createBrowser().visit(loginUrl(), { follow: false });
    expect(answer.status).toBe(303);
    const { origin, pathname, searchParams } = new URL(String(answer.headers.location));
    expect(`${origin}${pathname}`).toBe(`${service.realm.url}/protocol/openid-connect/auth`);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      client_id: service.client.clientId,
      redirect_uri: `${service.root}/auth/callback`,
      code_challenge_method: 'S256',
      state: expect.stringMatching(/.{20}/),
      nonce: expect.stringMatching(/.{20}/),
      code_challenge: expect.stringMatching(/.{43}/),
      scope: expect.stringContaining('openid'),
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('sets cookies that scripts cannot read and other sites cannot send', async () => {
    const browser = createBrowser();
    const login = await browser.visit(loginUrl(), { follow: false });
    expect(login.headers['set-cookie']).toMatch(
      /^byok_sign_in_[\w-]{11}=[\w-]+\.[\w-]{150,400}; Max-Age=600; Path=\/auth; HttpOnly; SameSite=Lax$/,
    );
    const answer = await browser.visit(await callbackUrl(browser), { follow: false });
    expect(answer.headers['set-cookie']).toEqual([
      expect.stringMatching(/^byok_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/),
      expect.stringMatching(/^byok_sign_in_[\w-]{11}=; Max-Age=0; Path=\/auth; .*HttpOnly; SameSite=Lax$/),
    ]);
  });

  it('fails when the same callback comes a second time', async () => {
    const browser = createBrowser();
    const url = await callbackUrl(browser);
    await expect(browser.visit(url, { follow: false })).resolves.toMatchObject({ status: 303 });
    const again = await browser.visit(url, JSON_ONLY);
    expect(again.status).toBe(400);
    expect(JSON.parse(again.body)).toMatchObject({ code: 'sign_in_failed' });
    expect(again.headers['set-cookie']).toBeUndefined();
    await expect(sessionsOf(browser)).resolves.toContainEqual(expect.objectContaining({ current: true }));
  });

  it('shows a person a page with a way on where a sign-in has failed', async () => {
    const answer = await createBrowser().visit(`${service.root}/auth/callback?error=access_denied&state=x`);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.body).toContain('href="/auth/login"');
  });

  it.each([
    ['another state', (url: URL) => url.searchParams.set('state', 'x'.repeat(43))],
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['another code', (url: URL) => url.searchParams.set('code', 'made.up.code')],
    ['no code', (url: URL) => url.searchParams.delete('code')],
    ['another issuer', (url: URL) => url.searchParams.set('iss', 'https://elsewhere.example/realms/x')],
    ['an error of Keycloak', (url: URL) => url.searchParams.set('error', 'access_denied')],
  ])('fails for a callback with %s', async (_title, change) => {
    const browser = createBrowser();
    const url = new URL(await callbackUrl(browser));
    change(url);
    const answer = await browser.visit(url.href, JSON_ONLY);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'sign_in_failed' });
    await expect(me(browser)).resolves.toMatchObject({ status: 401 });
  });

  it.each([
    ['nonce', { nonce: 'another' }],
    ['PKCE verifier', { codeVerifier: 'v'.repeat(43) }],
  ])('fails when the %s is not the one that it began with', async (_title, fields) => {
    const browser = createBrowser();
    const url = await callbackUrl(browser);
    tamper = (signIn) => ({ ...signIn, ...fields });
    const answer = await browser.visit(url, JSON_ONLY);
    tamper = undefined;
    expect(answer.status).toBe(400);
    await expect(me(browser)).resolves.toMatchObject({ status: 401 });
  });

  it('fails in another browser than the one that began', async () => {
    const url = await callbackUrl(createBrowser());
    const victim = createBrowser();
    await victim.visit(loginUrl(), { follow: false });
    await expect(victim.visit(url, JSON_ONLY)).resolves.toMatchObject({ status: 400 });
    await expect(me(victim)).resolves.toMatchObject({ status: 401 });
  });

  it('lets several tabs sign in at once', async () => {
    const browser = createBrowser();
    const [first, second] = [
      await browser.visit(loginUrl('/auth/me?tab=1')),
      await browser.visit(loginUrl('/auth/me?tab=2')),
    ];
    await expect(browser.submitLogin(second, EMAIL, PASSWORD)).resolves.toMatchObject({
      status: 200,
      url: `${service.root}/auth/me?tab=2`,
    });
    // Keycloak knows the person by now: going to its page again is enough.
    const state = new URL(String(first.trail.at(-1))).search;
    const answer = await browser.visit(`${service.realm.url}/protocol/openid-connect/auth${state}`);
    expect(answer).toMatchObject({ status: 200, url: `${service.root}/auth/me?tab=1` });
  });

  it('gives a new session at every sign-in and ends the one before', async () => {
    const browser = createBrowser();
    await signIn(browser);
    const before = browser.cookie(HOST, 'byok_session');
    const [old] = await sessionsOf(browser);
    await browser.visit(loginUrl());
    const after = browser.cookie(HOST, 'byok_session');
    expect(after).not.toBe(before);
    expect((await sessionsOf(browser)).map(({ id }) => id)).not.toContain(old?.id);
    browser.setCookie(HOST, 'byok_session', String(before));
    await expect(me(browser)).resolves.toMatchObject({ status: 401 });
  });

  it('never signs in a cookie that was set beforehand', async () => {
    const planted = 'p'.repeat(43);
    const browser = createBrowser();
    browser.setCookie(HOST, 'byok_session', planted);
    await expect(me(browser)).resolves.toMatchObject({ status: 401 });
    await signIn(browser);
    expect(browser.cookie(HOST, 'byok_session')).not.toBe(planted);
    const attacker = createBrowser();
    attacker.setCookie(HOST, 'byok_session', planted);
    await expect(me(attacker)).resolves.toMatchObject({ status: 401 });
  });

  it.each([
    'https://elsewhere.example/',
    '//elsewhere.example',
    '/\\elsewhere.example',
    '/.//elsewhere.example',
    'docs',
    '/\t/x',
  ])('does not go to %j afterwards', async (returnTo) => {
    const answer = await createBrowser().visit(loginUrl(returnTo), { ...JSON_ONLY, follow: false });
    expect(answer.status).toBe(422);
    expect(answer.headers.location).toBeUndefined();
  });

  describeSignOut(() => service, auditLog);
});
