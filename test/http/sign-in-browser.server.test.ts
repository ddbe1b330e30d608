import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { buildAuthApp } from '../support/auth-app.ts';
import { freePort } from '../support/servers/server-process.ts';
import { EMAIL, PASSWORD, type SignInService, startSignInService } from '../support/sign-in-service.ts';

describe('the pages in a real browser', () => {
  let browser: Browser;
  let page: Page;
  /** What the browser blocked or could not load: nothing, on a page that keeps to its own policy. */
  let complaints: string[];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    page = await browser.newPage();
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('requestfailed', (request) => complaints.push(request.url()));
  });
  afterEach(() => page.close());

  const button = (name: RegExp) => page.getByRole('button', { name });

  describe('over Keycloak', () => {
    let service: SignInService;
    beforeAll(async () => {
      service = await startSignInService();
    });
    afterAll(() => service?.close());

    it('lead in and out again, at both ends', async () => {
      await page.goto(`${service.root}/`);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.locator('#username').fill(EMAIL);
      await page.locator('#password').fill(PASSWORD);
      await page.locator('#kc-login').click();
      await page.waitForURL(`${service.root}/`);
      await expect(page.getByRole('heading', { level: 1 }).textContent()).resolves.toBe('Ada Example');
      // The form leads to Keycloak and back, which the policy of the page must allow.
      await button(/Sign out/).click();
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.locator('#kc-login').waitFor();
      expect(complaints.filter((complaint) => complaint.includes(service.root) || /policy/i.test(complaint))).toEqual(
        [],
      );
    });
  });

  describe('of the embedded default', () => {
    let app: Awaited<ReturnType<typeof buildAuthApp>>;
    let url: string;
    beforeAll(async () => {
      const port = await freePort();
      url = `http://localhost:${port}`;
      app = await buildAuthApp({ publicUrl: url });
      await app.listen({ host: '127.0.0.1', port });
    });
    afterAll(() => app?.close());

    it('work by the keyboard alone, without a script', async () => {
      await page.goto(`${url}/`);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${url}/`);
      await expect(page.textContent('main')).resolves.toContain('starter@example.com');
      await button(/Sign out/).press('Enter');
      await page.waitForURL(`${url}/auth/login`);
      expect(complaints).toEqual([]);
    });

    it('have their style, in light and dark, and fit on a phone', async () => {
      await page.setViewportSize({ width: 320, height: 640 });
      const backgrounds: unknown[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.goto(`${url}/auth/login`);
        backgrounds.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
        await expect(page.evaluate('document.documentElement.scrollWidth')).resolves.toBeLessThanOrEqual(320);
      }
      expect(new Set(backgrounds).size).toBe(2);
      expect(complaints).toEqual([]);
    });
  });
});
