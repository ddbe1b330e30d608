import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBrowser } from '../support/keycloak/keycloak-browser.ts';
import { EMAIL, PASSWORD, type SignInService, startSignInService } from '../support/service/sign-in-service.ts';
import { browsingAt, JSON_ONLY } from './sign-in-browsing.ts';

describe('signing in below a base path, with two replicas', () => {
  let service: SignInService;
  beforeAll(async () => {
    service = await startSignInService({ basePath: '/byok' });
  });
  afterAll(() => service?.close());

  const browsing = browsingAt(() => service);

  it('fails when cookie and callback are replayed together, and leaves the session alone', async () => {
    const browser = createBrowser();
    const url = await browsing.callbackUrl(browser);
    const cookie = browser.cookieHeader(url);
    await browser.visit(url, { follow: false });
    // Another replica, which does not know that the code was used: Keycloak does.
    const other = await service.startReplica();
    for (const root of [service.root, other.root]) {
      const thief = createBrowser();
      const again = await thief.visit(url.replace(service.root, root), { headers: { ...JSON_ONLY.headers, cookie } });
      expect(again.status, root).toBe(400);
      expect(JSON.parse(again.body)).toMatchObject({ code: 'sign_in_failed' });
      expect(String(again.headers['set-cookie'])).not.toContain('byok_session=');
    }
    await other.close();
    await expect(browsing.me(browser)).resolves.toMatchObject({ status: 200 });
  });

  it('gives one session to a callback that comes ten times at once', async () => {
    const browser = createBrowser();
    const url = await browsing.callbackUrl(browser);
    const headers = { ...JSON_ONLY.headers, cookie: browser.cookieHeader(url) };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => createBrowser().visit(url, { headers, follow: false })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array.from({ length: 9 }, () => 400)]);
  });

  it('is finished by another replica than the one where it began', async () => {
    const browser = createBrowser();
    const url = await browsing.callbackUrl(browser);
    const other = await service.startReplica();
    const answer = await browser.visit(url.replace(service.root, other.root), { follow: false });
    expect(answer.status).toBe(303);
    expect(String(answer.headers['set-cookie'])).toContain('byok_session=');
    await other.close();
  });

  it('comes back below it, by default to its first page', async () => {
    const browser = createBrowser();
    const page = await browser.visit(`${service.root}/auth/login`);
    const answer = await browser.submitLogin(page, EMAIL, PASSWORD);
    expect(answer).toMatchObject({ status: 200, url: `${service.root}/` });
    expect(answer.body).toContain('action="/byok/auth/logout"');
  });
});
