// The account in a real browser: who one is, what one may do, and signing out of one browser, of all, and of this one.
import { describe, expect, it } from 'vitest';
import { startService } from '../support/service/running-service.ts';
import { accountPage, FIREFOX, IPHONE } from './account-page.ts';

const {
  open,
  openAnother,
  page,
  context,
  world,
  axe,
  button,
  comeBack,
  scrollWidth,
  part,
  sessions,
  elsewhere,
  signInPage,
} = accountPage();

describe('the account page', () => {
  it.each(['light', 'dark'] as const)('says who one is and what the tier allows (%s)', async (scheme) => {
    await open({ tier: 'enterprise', scheme });
    await part('You').getByText('enterprise@example.com').waitFor();
    await part('You').getByText('Administrator', { exact: true }).waitFor();
    await part('Your tier').getByText('Enterprise', { exact: true }).waitFor();
    await part('Your tier').getByText('Store a key for each provider, and replace it').waitFor();
    expect(
      await part('Your tier')
        .getByText(/from Starter/)
        .count(),
    ).toBe(0);
    expect(await axe()).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('says what a higher tier would bring (%s)', async (scheme) => {
    await open({ tier: 'trial', scheme, width: 320, height: 640 });
    const tier = part('Your tier');
    await tier.getByText('It does not include keys of your own. They begin with the Starter tier.').waitFor();
    await tier.getByText('Store a key for each provider, and replace it (from Starter)').waitFor();
    await tier.getByText('Ask your administrator if you need a higher tier.').waitFor();
    expect(await scrollWidth()).toBeLessThanOrEqual(320);
    expect(await axe()).toEqual([]);
  });

  it('leads to where the tier can be changed', async () => {
    const service = await startService({ UPGRADE_URL: 'https://billing.example.com/plans' });
    try {
      await open({ tier: 'trial', path: '/account' }, service);
      const link = part('Your tier').getByRole('link', { name: 'Upgrade' });
      expect(await link.getAttribute('href')).toBe('https://billing.example.com/plans');
    } finally {
      await service.stop();
    }
  });

  it('shows the sessions by the names of their browsers, and ends one of them', async () => {
    const phone = await elsewhere(IPHONE);
    const other = await elsewhere(FIREFOX);
    await open();
    const own = sessions().filter({ hasText: 'This browser' });
    await own.getByText('Chrome on Linux').waitFor();
    expect(await sessions().count()).toBe(3);
    expect(await own.getByRole('button').count()).toBe(0);
    await sessions()
      .filter({ hasText: 'Firefox on Windows' })
      .getByText(/Signed in just now/)
      .waitFor();
    await button(/^Sign out Safari on iPhone, signed in /).click();
    await expect.poll(() => sessions().count()).toBe(2);
    expect((await phone.get('/auth/me')).status).toBe(401);
    expect((await other.get('/auth/me')).status).toBe(200);
    // The button that had the focus is gone.
    await expect.poll(() => page().locator('h2:focus').allTextContents()).toEqual(['Your sessions']);
    await page().getByRole('status').filter({ hasText: 'Safari on iPhone is signed out' }).waitFor();
    expect(await axe()).toEqual([]);
  });

  it('sees sessions that began elsewhere when one comes back', async () => {
    await open();
    await expect.poll(() => sessions().count()).toBe(1);
    await elsewhere(FIREFOX);
    await expect
      .poll(async () => {
        await comeBack();
        return sessions().count();
      })
      .toBe(2);
  });

  it('signs out everywhere after a question, and leads to sign in', async () => {
    const other = await elsewhere(FIREFOX);
    await open();
    await expect.poll(() => sessions().count()).toBe(2);
    await button('Sign out everywhere').click();
    const dialog = page().getByRole('dialog', { name: 'Sign out everywhere?' });
    await dialog.getByText(/All 2 sessions end/).waitFor();
    expect(await axe()).toEqual([]);
    await dialog.getByRole('button', { name: 'Stay signed in' }).click();
    expect((await other.get('/auth/me')).status).toBe(200);
    await button('Sign out everywhere').click();
    await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
    await signInPage();
    expect((await other.get('/auth/me')).status).toBe(401);
  });

  it('signs out of this browser only, which its other tabs notice by themselves', async () => {
    const other = await elsewhere(FIREFOX);
    await open();
    const neighbour = await openAnother({ context: context(), path: '/activity' });
    await neighbour.page.getByText('You signed in').first().waitFor();
    await button('Sign out').click();
    await signInPage();
    await neighbour.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    expect((await other.get('/auth/me')).status).toBe(200);
    expect(neighbour.complaints).toEqual([]);
    await neighbour.close();
  });

  it('has the API reference, and commands that work', async () => {
    await open();
    const terminal = part('From a terminal');
    expect(await terminal.getByRole('link', { name: 'API reference' }).getAttribute('href')).toBe(
      new URL('/docs', page().url()).href,
    );
    const commands = await terminal.getByRole('code').textContent();
    expect(commands).toContain('"email": "starter@example.com"');
    expect(commands).toContain(`http://localhost:${world().service.port}/auth/demo`);
    await context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await button('Copy the commands').click();
    await button('Copied the commands').waitFor();
    expect(await page().evaluate('navigator.clipboard.readText()')).toBe(commands);
  });
});
