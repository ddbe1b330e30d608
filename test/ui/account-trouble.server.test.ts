// What the account says when something is away or the session has ended.
import { describe, expect, it } from 'vitest';
import { startService } from '../support/service/running-service.ts';
import { accountPage, FIREFOX } from './account-page.ts';
import { problemAnswer } from './browser.ts';

const { open, page, world, axe, button, comeBack, part, sessions, elsewhere, signInPage } = accountPage();

const LIST = '**/auth/sessions';
const ME = '**/auth/me';

describe('the account page in trouble', () => {
  it.each([
    [503, 'session_store_unavailable', 'Sessions cannot be read right now.', { 'retry-after': '1' }],
    [429, 'rate_limited', 'Too many requests. Wait and try again.', { 'retry-after': '1' }],
  ] as const)(
    'says what the service says where it answers %i, and recovers by itself',
    async (...[status, code, detail, headers]) => {
      await open({ path: '/activity' });
      await page().getByText('You signed in').first().waitFor();
      await page().route(LIST, (route) => route.fulfill(problemAnswer(status, code, detail, headers)));
      await page().getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Account' }).click();
      await page().getByText('Your sessions cannot be shown right now').waitFor();
      await page().getByText(detail).waitFor();
      expect(await sessions().count()).toBe(0);
      // The rest of the page is there, the way out as well.
      await part('You').getByText('starter@example.com').waitFor();
      await button('Sign out').waitFor();
      expect(await axe()).toEqual([]);
      await page().unroute(LIST);
      await sessions().first().waitFor();
      await expect.poll(() => page().getByText(detail).count()).toBe(0);
    },
  );

  it('says when it cannot tell who one is, and recovers by itself', async () => {
    await open({ path: '/auth/login' });
    await page().route(ME, (route) =>
      route.fulfill(problemAnswer(503, 'directory_unavailable', 'The user directory cannot be reached right now.')),
    );
    await page().goto(`http://localhost:${world().service.port}/account`);
    await page().getByText('Your account cannot be shown right now').waitFor();
    await sessions().first().waitFor();
    await page().unroute(ME);
    await part('You').getByText('starter@example.com').waitFor();
  });

  it('says why nobody was signed out', async () => {
    await elsewhere(FIREFOX);
    await open();
    await expect.poll(() => sessions().count()).toBe(2);
    const detail = 'Sessions cannot be reached right now.';
    await page().route('**/auth/sessions/*', (route) =>
      route.fulfill(problemAnswer(503, 'session_store_unavailable', detail)),
    );
    await button(/^Sign out Firefox/).click();
    await page().getByText(`The session was not ended. ${detail}`).waitFor();
    expect(await sessions().count()).toBe(2);
    await page().route(LIST, (route) =>
      route.request().method() === 'DELETE'
        ? route.fulfill(problemAnswer(503, 'session_store_unavailable', detail))
        : route.continue(),
    );
    await button('Sign out everywhere').click();
    const dialog = page().getByRole('dialog');
    await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
    await dialog.getByText(detail).waitFor();
    await page().unroute(LIST);
    await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
    await signInPage();
  });

  it('says that the service is slow', async () => {
    await open({ path: '/activity' });
    await page().route(LIST, async (route) => {
      await new Promise((done) => setTimeout(done, 3_000));
      await route.continue();
    });
    await page().getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Account' }).click();
    await page()
      .getByText(/takes longer than usual/)
      .waitFor();
    await sessions().first().waitFor();
    await expect
      .poll(() =>
        page()
          .getByText(/takes longer than usual/)
          .count(),
      )
      .toBe(0);
  });

  it('asks to sign in where the session was ended elsewhere, and goes on afterwards', async () => {
    const other = await elsewhere(FIREFOX);
    await open();
    await expect.poll(() => sessions().count()).toBe(2);
    await other.delete('/auth/sessions');
    const dialog = page().getByRole('dialog', { name: 'Your session has ended' });
    await expect
      .poll(async () => {
        await comeBack();
        return dialog.count();
      })
      .toBe(1);
    await dialog.getByRole('link', { name: 'Sign in' }).click();
    await button(/^Starter/).click();
    await page().getByRole('heading', { level: 1, name: 'Account' }).waitFor();
    await expect.poll(() => sessions().count()).toBe(1);
  });

  it('keeps what is known while the service is stopped', async () => {
    const first = await startService();
    await open({ tier: 'starter', path: '/account' }, first);
    await sessions().first().waitFor();
    await first.stop();
    await expect
      .poll(async () => {
        await comeBack();
        return part('Your sessions').getByText('This may be out of date').count();
      })
      .toBe(1);
    expect(await sessions().count()).toBe(1);
    const second = await startService({ PORT: String(first.port) });
    try {
      await page().getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    } finally {
      await second.stop();
    }
  });
});
