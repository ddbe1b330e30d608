import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { freePort } from '../support/servers/server-process.ts';
import { buildAuthApp } from '../support/service/auth-app.ts';

describe('the sign-in pages in a real browser', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the browser blocked or could not load: nothing, on a page that keeps to its own policy. */
  let complaints: string[];
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    context = await browser.newContext();
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('requestfailed', (request) => complaints.push(request.url()));
  });
  afterEach(() => context.close());

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
      const withoutScript = await browser.newContext({ javaScriptEnabled: false });
      const plain = await withoutScript.newPage();
      await plain.goto(`${url}/`);
      await plain.keyboard.press('Tab');
      await plain.keyboard.press('Tab');
      await plain.keyboard.press('Enter');
      await plain.waitForURL(`${url}/`);
      await plain.getByRole('heading', { name: 'This page needs JavaScript' }).waitFor();
      await plain.getByRole('button', { name: 'Sign out' }).press('Enter');
      await plain.waitForURL(`${url}/auth/login`);
      await withoutScript.close();
    });

    it('have their style, in light and dark, and fit on a phone; axe finds nothing', async () => {
      await page.setViewportSize({ width: 320, height: 640 });
      const backgrounds: unknown[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.goto(`${url}/auth/login`);
        backgrounds.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
        await expect(page.evaluate('document.documentElement.scrollWidth')).resolves.toBeLessThanOrEqual(320);
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      }
      expect(new Set(backgrounds).size).toBe(2);
      expect(complaints).toEqual([]);
    });
  });
});
