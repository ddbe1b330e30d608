// The account in a real browser: who one is, what one may do, and signing out of one browser, of all, and of this one.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PageWorld, startPageWorld } from '../support/service/page-world.ts';
import { demoClient, startService } from '../support/service/running-service.ts';
import { openBrowser, problemAnswer, type Tab, type TestBrowser } from './browser.ts';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1';
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0';

let world: PageWorld;
let browser: TestBrowser;
let tab: Tab;
beforeAll(async () => {
  [world, browser] = await Promise.all([startPageWorld(), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});
beforeEach(async () => {
  for (const tier of ['starter', 'trial', 'enterprise'])
    await (await demoClient(world.service, tier)).delete('/auth/sessions');
});
afterEach(async () => {
  const { complaints } = tab;
  await tab.close();
  expect(complaints).toEqual([]);
});

const open = async (tier = 'starter', more: object = {}): Promise<void> => {
  tab = await browser.open(world.service, { tier, path: '/account', ...more });
};
const button = (name: string | RegExp) => tab.page.getByRole('button', { name, exact: typeof name === 'string' });
const part = (name: string) => tab.page.getByRole('region', { name, exact: true });
const sessions = () => part('Your sessions').getByRole('listitem');
const elsewhere = (agent: string) => demoClient(world.service, 'starter', { 'user-agent': agent });
const signInPage = () => tab.page.waitForURL(/\/auth\/login$/);
const back = (page = tab.page): Promise<unknown> => page.evaluate('dispatchEvent(new Event("focus"))');
const LIST = '**/auth/sessions';
const ME = '**/auth/me';

describe('the account page', () => {
  it.each(['light', 'dark'] as const)('says who one is and what the tier allows (%s)', async (scheme) => {
    await open('enterprise', { scheme });
    await part('You').getByText('enterprise@example.com').waitFor();
    await part('You').getByText('Administrator', { exact: true }).waitFor();
    await part('Your tier').getByText('Enterprise', { exact: true }).waitFor();
    await part('Your tier').getByText('Store a key for each provider, and replace it').waitFor();
    expect(
      await part('Your tier')
        .getByText(/from Starter/)
        .count(),
    ).toBe(0);
    expect(await tab.axe()).toEqual([]);
  });

  it.each(['light', 'dark'] as const)('says what a higher tier would bring (%s)', async (scheme) => {
    await open('trial', { scheme, width: 320, height: 640 });
    const tier = part('Your tier');
    await tier.getByText('It does not include keys of your own. They begin with the Starter tier.').waitFor();
    await tier.getByText('Store a key for each provider, and replace it (from Starter)').waitFor();
    await tier.getByText('Ask your administrator if you need a higher tier.').waitFor();
    expect(await tab.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    expect(await tab.axe()).toEqual([]);
  });

  it('leads to where the tier can be changed', async () => {
    const service = await startService({ UPGRADE_URL: 'https://billing.example.com/plans' });
    try {
      tab = await browser.open(service, { tier: 'trial', path: '/account' });
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
    await expect.poll(() => tab.page.locator('h2:focus').allTextContents()).toEqual(['Your sessions']);
    await tab.page.getByRole('status').filter({ hasText: 'Safari on iPhone is signed out' }).waitFor();
    expect(await tab.axe()).toEqual([]);
  });

  it('sees sessions that began elsewhere when one comes back', async () => {
    await open();
    await expect.poll(() => sessions().count()).toBe(1);
    await elsewhere(FIREFOX);
    await expect
      .poll(async () => {
        await back();
        return sessions().count();
      })
      .toBe(2);
  });

  it('signs out everywhere after a question, and leads to sign in', async () => {
    const other = await elsewhere(FIREFOX);
    await open();
    await expect.poll(() => sessions().count()).toBe(2);
    await button('Sign out everywhere').click();
    const dialog = tab.page.getByRole('dialog', { name: 'Sign out everywhere?' });
    await dialog.getByText(/All 2 sessions end/).waitFor();
    expect(await tab.axe()).toEqual([]);
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
    const neighbour = await browser.open(world.service, { context: tab.context, path: '/activity' });
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
    expect(await terminal.getByRole('link', { name: 'API reference' }).getAttribute('href')).toBe('/docs');
    const commands = await terminal.getByRole('code').textContent();
    expect(commands).toContain('"email": "starter@example.com"');
    expect(commands).toContain(`http://localhost:${world.service.port}/auth/demo`);
    await tab.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await button('Copy the commands').click();
    await button('Copied the commands').waitFor();
    expect(await tab.page.evaluate('navigator.clipboard.readText()')).toBe(commands);
  });
});

describe('the account page in trouble', () => {
  it.each([
    [503, 'session_store_unavailable', 'Sessions cannot be read right now.', { 'retry-after': '1' }],
    [429, 'rate_limited', 'Too many requests. Wait and try again.', { 'retry-after': '1' }],
  ] as const)(
    'says what the service says where it answers %i, and recovers by itself',
    async (...[status, code, detail, headers]) => {
      await open('starter', { path: '/activity' });
      await tab.page.getByText('You signed in').first().waitFor();
      await tab.page.route(LIST, (route) => route.fulfill(problemAnswer(status, code, detail, headers)));
      await tab.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Account' }).click();
      await tab.page.getByText('Your sessions cannot be shown right now').waitFor();
      await tab.page.getByText(detail).waitFor();
      expect(await sessions().count()).toBe(0);
      // The rest of the page is there, the way out as well.
      await part('You').getByText('starter@example.com').waitFor();
      await button('Sign out').waitFor();
      expect(await tab.axe()).toEqual([]);
      await tab.page.unroute(LIST);
      await sessions().first().waitFor();
      await expect.poll(() => tab.page.getByText(detail).count()).toBe(0);
    },
  );

  it('says when it cannot tell who one is, and recovers by itself', async () => {
    await open('starter', { path: '/auth/login' });
    await tab.page.route(ME, (route) =>
      route.fulfill(problemAnswer(503, 'directory_unavailable', 'The user directory cannot be reached right now.')),
    );
    await tab.page.goto(`http://localhost:${world.service.port}/account`);
    await tab.page.getByText('Your account cannot be shown right now').waitFor();
    await sessions().first().waitFor();
    await tab.page.unroute(ME);
    await part('You').getByText('starter@example.com').waitFor();
  });

  it('says why nobody was signed out', async () => {
    await elsewhere(FIREFOX);
    await open();
    await expect.poll(() => sessions().count()).toBe(2);
    const detail = 'Sessions cannot be reached right now.';
    await tab.page.route('**/auth/sessions/*', (route) =>
      route.fulfill(problemAnswer(503, 'session_store_unavailable', detail)),
    );
    await button(/^Sign out Firefox/).click();
    await tab.page.getByText(`The session was not ended. ${detail}`).waitFor();
    expect(await sessions().count()).toBe(2);
    await tab.page.route(LIST, (route) =>
      route.request().method() === 'DELETE'
        ? route.fulfill(problemAnswer(503, 'session_store_unavailable', detail))
        : route.continue(),
    );
    await button('Sign out everywhere').click();
    const dialog = tab.page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
    await dialog.getByText(detail).waitFor();
    await tab.page.unroute(LIST);
    await dialog.getByRole('button', { name: 'Sign out everywhere' }).click();
    await signInPage();
  });

  it('says that the service is slow', async () => {
    await open('starter', { path: '/activity' });
    await tab.page.route(LIST, async (route) => {
      await new Promise((done) => setTimeout(done, 3_000));
      await route.continue();
    });
    await tab.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Account' }).click();
    await tab.page.getByText(/takes longer than usual/).waitFor();
    await sessions().first().waitFor();
    await expect.poll(() => tab.page.getByText(/takes longer than usual/).count()).toBe(0);
  });

  it('asks to sign in where the session was ended elsewhere, and goes on afterwards', async () => {
    const other = await elsewhere(FIREFOX);
    await open();
    await expect.poll(() => sessions().count()).toBe(2);
    await other.delete('/auth/sessions');
    const dialog = tab.page.getByRole('dialog', { name: 'Your session has ended' });
    await expect
      .poll(async () => {
        await back();
        return dialog.count();
      })
      .toBe(1);
    await dialog.getByRole('link', { name: 'Sign in' }).click();
    await button(/^Starter/).click();
    await tab.page.getByRole('heading', { level: 1, name: 'Account' }).waitFor();
    await expect.poll(() => sessions().count()).toBe(1);
  });

  it('keeps what is known while the service is stopped', async () => {
    const first = await startService();
    tab = await browser.open(first, { tier: 'starter', path: '/account' });
    await sessions().first().waitFor();
    await first.stop();
    await expect
      .poll(async () => {
        await back();
        return part('Your sessions').getByText('This may be out of date').count();
      })
      .toBe(1);
    expect(await sessions().count()).toBe(1);
    const second = await startService({ PORT: String(first.port) });
    try {
      await tab.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    } finally {
      await second.stop();
    }
  });
});
