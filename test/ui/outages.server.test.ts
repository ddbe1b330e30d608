// What the keys page says when something is away, and that it goes on by itself when it is back.
import { beforeEach, describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { demoClient, startService } from '../support/service/running-service.ts';
import { problemAnswer } from './browser.ts';
import { pageTest } from './page-test.ts';

const { open, openAnother, page, context, world, axe, comeBack } = pageTest({
  async prepare({ service, key }) {
    const client = await demoClient(service);
    await client.post(`${API}/keys/add`, { provider: 'openai', key: key('openai', 'good') });
  },
  opens: { tier: 'starter', path: '/activity' },
});
beforeEach(() => open());

const card = () => page().getByRole('article', { name: 'OpenAI' });
const openKeys = () => page().getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Keys' }).click();
const LIST = `**${API}/keys`;

describe('the keys page', () => {
  it.each([
    [503, 'directory_unavailable', 'The user directory cannot be reached right now.', { 'retry-after': '2' }],
    [429, 'rate_limited', 'Too many requests. Wait and try again.', { 'retry-after': '2' }],
    [500, 'internal', 'Something went wrong on our side.', {}],
  ] as const)(
    'says what the service says where it answers %i, and recovers by itself',
    async (status, code, detail, headers) => {
      await page().route(LIST, (route) => route.fulfill(problemAnswer(status, code, detail, headers)));
      await openKeys();
      await page().getByText('Your keys cannot be shown right now').waitFor();
      await page().getByText(detail).waitFor();
      expect(await axe()).toEqual([]);
      // Never as if there were none.
      expect(await page().getByText('Add your first key').count()).toBe(0);
      await page().unroute(LIST);
      await card().waitFor();
      await expect.poll(() => page().getByText(detail).count()).toBe(0);
    },
  );

  it('keeps what was known, and says that it may be old', async () => {
    await openKeys();
    await card().waitFor();
    await page().route(LIST, (route) => route.abort());
    await expect
      .poll(async () => {
        await comeBack();
        return page().getByText('This may be out of date').count();
      })
      .toBe(1);
    await page().getByText('The service cannot be reached.').waitFor();
    expect(await card().count()).toBe(1);
    await page().unroute(LIST);
    await expect.poll(() => page().getByText('This may be out of date').count()).toBe(0);
  });

  it('says that the service is slow', async () => {
    await page().route(LIST, async (route) => {
      await new Promise((done) => setTimeout(done, 3_000));
      await route.continue();
    });
    await openKeys();
    await page()
      .getByText(/takes longer than usual/)
      .waitFor();
    await card().waitFor();
    await expect
      .poll(() =>
        page()
          .getByText(/takes longer than usual/)
          .count(),
      )
      .toBe(0);
  });

  it('says that one is offline', async () => {
    await openKeys();
    await card().waitFor();
    await context().setOffline(true);
    await page().getByText('You are offline.').waitFor();
    await context().setOffline(false);
    await expect.poll(() => page().getByText('You are offline.').count()).toBe(0);
  });

  it('says how old keys are that come from memory', async () => {
    await page().route(LIST, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'x-byok-stale': 'true', age: '840' } });
    });
    await openKeys();
    await page()
      .getByText(/as they were 14 min ago/)
      .waitFor();
    await card().waitFor();
  });

  it('asks to sign in again when the session has ended, and goes on when somebody signs in in another tab', async () => {
    await openKeys();
    await card().waitFor();
    await page().getByRole('button', { name: 'Edit the OpenAI key' }).click();
    await page().getByLabel('Label').fill('Typed before');
    await context().clearCookies();
    await page().getByRole('button', { name: 'Save changes' }).click();
    const ended = page().getByRole('dialog', { name: 'Your session has ended' });
    await ended.waitFor();
    expect(await ended.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe(
      new URL('/auth/login?return_to=%2F', page().url()).href,
    );
    expect(await axe()).toEqual([]);
    const other = await openAnother({ context: context(), tier: 'starter' });
    await other.close();
    await expect.poll(() => ended.count()).toBe(0);
    // What was typed is still there.
    expect(await page().getByLabel('Label').inputValue()).toBe('Typed before');
    await page().getByRole('button', { name: 'Save changes' }).click();
    await card().getByText('Typed before').waitFor();
  });

  it.each([
    [
      409,
      'write_conflict',
      'Your account was changed elsewhere at the same moment and this change was not kept. Try again.',
    ],
    [503, 'database_unavailable', 'The database cannot be reached right now.'],
    [429, 'rate_limited', 'Too many requests. Wait and try again.'],
  ] as const)(
    'shows why a key was not saved (%i), and keeps it typed for another try',
    async (status, code, detail) => {
      await openKeys();
      await page().getByRole('button', { name: 'Add Groq key' }).click();
      const typed = world().key('groq', 'good');
      await page().getByLabel('API key').fill(typed);
      await page().route(`**${API}/keys/add`, (route) => route.fulfill(problemAnswer(status, code, detail)));
      await page().getByRole('button', { name: 'Save key' }).click();
      await page().getByRole('dialog').getByText(detail).waitFor();
      expect(await page().getByLabel('API key').inputValue()).toBe(typed);
      await page().unroute(`**${API}/keys/add`);
      await page().getByRole('button', { name: 'Save key' }).click();
      await page().getByRole('dialog').getByText('Groq accepts the key.').waitFor();
      const client = await demoClient(world().service);
      await client.send('DELETE', `${API}/keys/groq`);
    },
  );
});

it('a page that is open while the service stops says so, and goes on when it starts again', async () => {
  const first = await startService();
  const client = await demoClient(first);
  await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' });
  const own = await openAnother({ tier: 'starter' }, first);
  await own.page.getByRole('article', { name: 'OpenAI' }).waitFor();
  await first.stop();
  await expect
    .poll(async () => {
      await own.page.evaluate('dispatchEvent(new Event("focus"))');
      return own.page.getByText('The service cannot be reached.').count();
    })
    .toBeGreaterThan(0);
  await own.page.getByRole('button', { name: 'Delete the OpenAI key' }).click();
  await own.page.getByRole('button', { name: 'Delete key' }).click();
  await own.page
    .getByRole('dialog')
    .getByText(/The service cannot be reached/)
    .waitFor();
  await own.page.keyboard.press('Escape');

  // On the same port, with a memory of no session: the embedded default keeps its sessions in memory.
  const second = await startService({ PORT: String(first.port) });
  await own.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
  await own.close();
  await second.stop();
});
