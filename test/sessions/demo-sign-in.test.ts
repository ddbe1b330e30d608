import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdentityProvider } from '../../src/sessions/identity-provider.ts';
import { DEMO_USERS } from '../../src/users/demo-users.ts';
import { buildAuthApp, demoId } from '../support/service/auth-app.ts';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('signing in as a demo user', () => {
  let app: Awaited<ReturnType<typeof buildAuthApp>>;
  beforeAll(async () => {
    app = await buildAuthApp();
  });
  afterAll(() => app?.close());

  const demo = (body: unknown, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url: '/auth/demo', payload: body as string, headers });
  const cookieOf = (answer: { headers: { 'set-cookie'?: string | string[] | undefined } }) =>
    [answer.headers['set-cookie']].flat().join().split(';')[0] ?? '';

  it.each(DEMO_USERS.map(({ email, tier, roles }) => [email, tier, roles] as const))(
    'works for %s',
    async (email, tier, roles) => {
      const answer = await demo({ email });
      const me = { id: demoId(email), email, name: null, tier, roles };
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toEqual(me);
      expect(answer.headers['set-cookie']).toMatch(/^byok_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
      const after = await app.inject({ method: 'GET', url: '/auth/me', headers: { cookie: cookieOf(answer) } });
      expect(after.json()).toEqual({
        ...me,
        may_store_keys: tier !== 'trial',
        required_tier: 'starter',
        upgrade_url: null,
      });
    },
  );

  it('does not mind capitals and spaces around', async () => {
    expect((await demo({ email: ' Starter@Example.com ' })).statusCode).toBe(200);
  });

  it.each([
    ['somebody else', { email: 'admin@example.com' }],
    ['a name that objects have', { email: '__proto__' }],
    ['no address', {}],
    ['a list', { email: ['starter@example.com'] }],
    ['an address without end', { email: `${'a'.repeat(400)}@example.com` }],
    ['a way to another site', { email: 'starter@example.com', return_to: '//elsewhere.example' }],
  ])('refuses %s', async (_title, body) => {
    const answer = await demo(body);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'validation_failed', errors: [{ path: expect.any(String) }] });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('is offered on a page with a form for each of them', async () => {
    const answer = await app.inject({ method: 'GET', url: '/auth/login?return_to=%2Fdocs%3Fa%3D1%26b%3D%22%3E' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    for (const { email } of DEMO_USERS) expect(answer.body).toContain(`name="email" value="${email}"`);
    expect(answer.body).toContain('name="return_to" value="/docs?a=1&amp;b=%22%3E"');
  });

  it('has pages that run no script of others and none in their text, and load nothing from elsewhere', async () => {
    const rest =
      "style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
    for (const [url, script] of [
      ['/auth/login', ''],
      ['/', "script-src 'self'; connect-src 'self'; "],
    ]) {
      const cookie = cookieOf(await demo({ email: 'starter@example.com' }));
      const { body, headers } = await app.inject({ method: 'GET', url: String(url), headers: { cookie } });
      expect(headers['content-security-policy']).toBe(`default-src 'none'; ${script}${rest}`);
      // Under `no-referrer` a browser would send our own forms with `Origin: null`.
      expect(headers['referrer-policy']).toBe('same-origin');
      expect(body).not.toMatch(
        /<script(?! type="module" src="\/ui\/assets\/[\w-]+\.js"><\/script>)|<style|style=|onclick=|(src|href)="(https?:)?\/\//i,
      );
      const [, stylesheet] = /<link rel="stylesheet" href="([^"]+)"/.exec(body) ?? [];
      const style = await app.inject({ method: 'GET', url: String(stylesheet) });
      expect(style.headers['content-type']).toBe('text/css; charset=utf-8');
      expect(style.body).toContain('prefers-color-scheme: dark');
    }
  });

  it('sends the form of the page on to where the person wanted to go', async () => {
    const answer = await demo('email=starter%40example.com&return_to=%2Fdocs', FORM);
    expect(answer.statusCode).toBe(303);
    expect(answer.headers.location).toBe('/docs');
    const page = await app.inject({ method: 'GET', url: '/', headers: { cookie: cookieOf(answer) } });
    expect(page.body).toContain('<div id="app" data-base="" data-demo="true">');
  });

  it('refuses the form when another site sends it', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      const answer = await demo('email=starter%40example.com', { ...FORM, ...headers });
      expect(answer.json()).toMatchObject({ code: 'cross_site_request', status: 403 });
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it('ends the session that the browser had before', async () => {
    const before = cookieOf(await demo({ email: 'trial@example.com' }));
    const after = cookieOf(await demo({ email: 'starter@example.com' }, { cookie: before }));
    expect(after).not.toBe(before);
    const me = (cookie: string) => app.inject({ method: 'GET', url: '/auth/me', headers: { cookie } });
    expect((await me(before)).statusCode).toBe(401);
    expect((await me(after)).json()).toMatchObject({ tier: 'starter' });
  });

  it('ends with signing out: JSON for programs, the sign-in page for people', async () => {
    const cookie = cookieOf(await demo({ email: 'starter@example.com' }));
    const answer = await app.inject({ method: 'POST', url: '/auth/logout', headers: { cookie } });
    expect(answer.json()).toEqual({ message: 'Signed out', logout_url: null });
    expect(answer.headers['set-cookie']).toMatch(/^byok_session=; Max-Age=0/);
    expect((await app.inject({ method: 'GET', url: '/auth/me', headers: { cookie } })).statusCode).toBe(401);

    const again = cookieOf(await demo({ email: 'starter@example.com' }));
    const person = { cookie: again, accept: 'text/html', 'sec-fetch-site': 'same-origin', ...FORM };
    const page = await app.inject({ method: 'POST', url: '/auth/logout', headers: person, payload: '' });
    expect(page.statusCode).toBe(303);
    expect(page.headers.location).toBe('/');
    const home = await app.inject({ method: 'GET', url: '/' });
    expect(home).toMatchObject({ statusCode: 303, headers: { location: '/auth/login' } });
  });

  it('does not exist where people sign in at an identity provider', async () => {
    const real = await buildAuthApp({ identityProvider: {} as IdentityProvider });
    expect(real.hasRoute({ method: 'POST', url: '/auth/demo' })).toBe(false);
    const answer = await real.inject({ method: 'POST', url: '/auth/demo', payload: { email: 'starter@example.com' } });
    expect(answer.statusCode).toBe(404);
    await real.close();
  });

  it('stays below the base path', async () => {
    const below = await buildAuthApp({ basePath: '/byok' });
    const login = await below.inject({ method: 'GET', url: '/byok/auth/login' });
    expect(login.body).toContain('action="/byok/auth/demo"');
    expect(login.body).toContain('href="/byok/auth/style.css');
    const payload = 'email=starter%40example.com';
    const answer = await below.inject({ method: 'POST', url: '/byok/auth/demo', payload, headers: FORM });
    expect(answer.headers.location).toBe('/byok/');
    expect((await below.inject({ method: 'GET', url: '/auth/login' })).statusCode).toBe(404);
    await below.close();
  });

  it('sets a cookie bound to this host over TLS', async () => {
    const secure = await buildAuthApp({ publicUrl: 'https://ops.example.com' });
    const answer = await secure.inject({
      method: 'POST',
      url: '/auth/demo',
      payload: { email: 'starter@example.com' },
    });
    expect(answer.headers['set-cookie']).toMatch(
      /^__Host-byok_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    await secure.close();
  });
});
