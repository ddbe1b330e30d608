// What the activity says when something is away or the session has ended.
import { describe, expect, it } from 'vitest';
import { startService } from '../support/service/running-service.ts';
import { AUDIT, activityPage } from './activity-page.ts';
import { problemAnswer } from './browser.ts';

const { open, page, context, axe, button, comeBack, list, rows } = activityPage();

describe('the activity in trouble', () => {
  it.each([
    [503, 'database_unavailable', 'The database cannot be reached right now.', { 'retry-after': '1' }],
    [429, 'rate_limited', 'Too many requests. Wait and try again.', { 'retry-after': '1' }],
  ] as const)(
    'says what the service says where it answers %i, and recovers by itself',
    async (status, code, detail, headers) => {
      await open({ path: '/account' });
      await page().route(AUDIT, (route) => route.fulfill(problemAnswer(status, code, detail, headers)));
      await page().getByRole('link', { name: 'Activity', exact: true }).click();
      await page().getByText('Your activity cannot be shown right now').waitFor();
      await page().getByText(detail).waitFor();
      expect(await page().getByText('Nothing has happened yet').count()).toBe(0);
      expect(await axe()).toEqual([]);
      await page().unroute(AUDIT);
      await rows().first().waitFor();
      await expect.poll(() => page().getByText(detail).count()).toBe(0);
    },
  );

  it('never shows rows that do not fit the filter as if they did', async () => {
    await open();
    await rows().first().waitFor();
    await page().route(AUDIT, (route) => route.abort());
    await page().getByLabel('Show').selectOption('Tests');
    await page().getByText('Your activity cannot be shown right now').waitFor();
    expect(await list().count()).toBe(0);
    await page().unroute(AUDIT);
    await expect
      .poll(async () => (await rows().allTextContents()).map((text) => text.includes('A test of')))
      .toContain(true);
    await expect.poll(() => page().getByText('cannot be shown').count()).toBe(0);
  });

  it('says that the service is slow', async () => {
    await open({ path: '/account' });
    await page().route(AUDIT, async (route) => {
      await new Promise((done) => setTimeout(done, 3_000));
      await route.continue();
    });
    await page().getByRole('link', { name: 'Activity', exact: true }).click();
    await page()
      .getByText(/takes longer than usual/)
      .waitFor();
    await rows().first().waitFor();
    await expect
      .poll(() =>
        page()
          .getByText(/takes longer than usual/)
          .count(),
      )
      .toBe(0);
  });

  it('asks to sign in where the session has ended, and leads back to the same filters', async () => {
    await open({ path: '/activity?show=tests' });
    await rows().first().waitFor();
    await context().clearCookies();
    await expect
      .poll(async () => {
        await comeBack();
        return page().getByRole('dialog', { name: 'Your session has ended' }).count();
      })
      .toBe(1);
    const href = await page().getByRole('link', { name: 'Sign in' }).getAttribute('href');
    const { origin } = new URL(page().url());
    expect(href).toBe(`${origin}/auth/login?return_to=${encodeURIComponent('/activity?show=tests')}`);
  });

  it('keeps what is known while the service is stopped, and says that it may be old', async () => {
    const first = await startService();
    await open({ tier: 'starter', path: '/activity' }, first);
    await rows().first().waitFor();
    await first.stop();
    await expect
      .poll(async () => {
        await comeBack();
        return page().getByText('This may be out of date').count();
      })
      .toBe(1);
    expect(await rows().count()).toBe(1);
    await button('Export as CSV').click();
    await page()
      .getByText(/Nothing was exported\. The service cannot be reached\./)
      .waitFor();
    // The embedded default forgets its sessions.
    const second = await startService({ PORT: String(first.port) });
    try {
      await page().getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    } finally {
      await second.stop();
    }
  });
});
