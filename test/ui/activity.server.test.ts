// The activity in a real browser: what it says, how it is filtered, paged and taken away, and what it says in trouble.
import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { fillPageWorld, type PageWorld, startPageWorld } from '../support/service/page-world.ts';
import { demoClient, startService } from '../support/service/running-service.ts';
import { openBrowser, problemAnswer, type Tab, type TestBrowser } from './browser.ts';

let world: PageWorld;
let browser: TestBrowser;
let tab: Tab;
beforeAll(async () => {
  [world, browser] = await Promise.all([startPageWorld(), openBrowser()]);
  await fillPageWorld(world);
  const person = await demoClient(world.service, 'professional');
  await person.delete('/auth/sessions/nothing');
  const admin = await demoClient(world.service, 'enterprise');
  const { id } = (await person.get('/auth/me')).body as { id: string };
  await admin.post(`${API}/admin/users/${id}/keys/groq/revoke`, {});
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});
afterEach(async () => {
  const { complaints } = tab;
  await tab.close();
  expect(complaints).toEqual([]);
});

const open = async (path = '/activity', more: object = {}): Promise<void> => {
  tab = await browser.open(world.service, { tier: 'professional', path, ...more });
};
const list = () => tab.page.getByRole('region', { name: 'Activity', exact: true });
const rows = () => list().getByRole('listitem');
const button = (name: string) => tab.page.getByRole('button', { name, exact: true });
const search = (): Promise<unknown> => tab.page.evaluate('location.search');
const back = (): Promise<unknown> => tab.page.evaluate('dispatchEvent(new Event("focus"))');
const AUDIT = /\/api\/v1\/byok\/audit(?:\?|$)/;

/** Rows of one's own in number: each is an attempt to delete a key that is not there. */
async function makeRows(count: number): Promise<void> {
  const client = await demoClient(world.service, 'starter');
  for (let done = 0; done < count; done += 1) await client.delete(`${API}/keys/cohere`);
}

describe('the activity', () => {
  it.each(['light', 'dark'] as const)('says who did what, when and from where (%s)', async (scheme) => {
    await open('/activity', { scheme });
    for (const sentence of [
      'open-webui used your OpenAI key',
      'You added a key for Groq',
      'You renamed your HuggingFace key',
      'A test of your Groq key: invalid (wrong, expired or revoked)',
      'A test of your Anthropic key: valid',
      'You signed in',
      'An administrator removed your Groq key',
      'You tried to end one of your sessions: it had ended already',
    ])
      await rows().filter({ hasText: sentence }).first().waitFor();
    const own = rows().filter({ hasText: 'You added a key for Groq' });
    await own.getByText('from 127.0.0.1').waitFor();
    // Others' addresses are not for this person.
    const theirs = rows().filter({ hasText: 'An administrator removed' });
    expect(await theirs.getByText('from 127.0.0.1').count()).toBe(0);
    const refused = rows().filter({ hasText: 'it had ended already' });
    await refused.getByText('Refused', { exact: true }).waitFor();
    expect(await own.getByRole('time').getAttribute('title')).toMatch(/^\w{3} \d+, \d{4}, /);
    await list().getByRole('heading', { level: 2, name: 'Today' }).waitFor();
    expect(await tab.axe()).toEqual([]);
  });

  it('fits on a phone', async () => {
    await open('/activity', { width: 320, height: 640 });
    await rows().first().waitFor();
    expect(await tab.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    expect(await tab.axe()).toEqual([]);
  });

  it('is filtered by what, provider and day, and keeps that over a reload', async () => {
    await open();
    await rows().first().waitFor();
    const show = tab.page.getByLabel('Show');
    const all = await rows().count();
    for (const [kind, sentence] of [
      ['Use by services', /used your/],
      ['Changes', /added|renamed|removed/],
      ['Tests', /A test of/],
      ['Signing in and out', /signed in|to end one of/],
      ['Refusals', /had ended already/],
    ] as const) {
      await show.selectOption(kind);
      await expect.poll(async () => (await rows().allTextContents()).every((text) => sentence.test(text))).toBe(true);
      const shown = await rows().count();
      expect(shown).toBeGreaterThan(0);
      expect(shown).toBeLessThan(all);
    }
    await show.selectOption('Tests');
    await tab.page.getByLabel('Provider').selectOption('Groq');
    await expect.poll(() => rows().count()).toBe(1);
    expect(await search()).toBe('?show=tests&provider=groq');
    await tab.page.reload();
    await expect.poll(() => rows().count()).toBe(1);
    expect(await show.inputValue()).toBe('tests');

    await tab.page.getByLabel('To', { exact: true }).fill('2020-01-01');
    await tab.page.getByRole('heading', { name: 'Nothing fits these filters' }).waitFor();
    expect(await tab.axe()).toEqual([]);
    await tab.page.getByLabel('From', { exact: true }).fill('2021-01-01');
    await tab.page.getByText('The first day is after the last one.').waitFor();
    await button('Clear filters').click();
    await expect.poll(() => rows().count()).toBe(all);
    expect(await search()).toBe('');
    expect(await tab.page.locator('select:focus').getAttribute('id')).toBe(await show.getAttribute('id'));
    const today = String(await tab.page.evaluate('new Date().toLocaleDateString("sv")'));
    await tab.page.getByLabel('From', { exact: true }).fill(today);
    await tab.page.getByLabel('To', { exact: true }).fill(today);
    await expect.poll(search).toBe(`?from=${today}&to=${today}`);
    await expect.poll(() => rows().count()).toBe(all);
  });

  it('keeps its filters for somebody who has to sign in first', async () => {
    tab = await browser.open(world.service, { path: '/activity?show=tests' });
    await tab.page.getByRole('button', { name: /^Professional/ }).click();
    await tab.page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    expect(await search()).toBe('?show=tests');
  });

  it('is paged, and going back goes back', async () => {
    await makeRows(60);
    await open('/activity?show=changes', { tier: 'starter' });
    await expect.poll(() => rows().count()).toBe(50);
    expect(await button('Newest').isDisabled()).toBe(true);
    await button('Older').click();
    await expect.poll(() => rows().count()).toBe(10);
    expect(await button('Older').isDisabled()).toBe(true);
    expect(await search()).toMatch(/^\?show=changes&cursor=/);
    await tab.page.reload();
    await expect.poll(() => rows().count()).toBe(10);
    await tab.page.goBack();
    await expect.poll(() => rows().count()).toBe(50);
    await tab.page.goForward();
    await expect.poll(() => rows().count()).toBe(10);
    await button('Newest').click();
    await expect.poll(() => rows().count()).toBe(50);
    await button('Older').click();
    await expect.poll(() => rows().count()).toBe(10);
    // Another filter begins at its newest row.
    await tab.page.getByLabel('Provider').selectOption('Cohere');
    await expect.poll(() => rows().count()).toBe(50);
  });

  it('shows what happened in another tab when one comes back, and at once what another tab of this page did', async () => {
    await open('/activity?show=tests&provider=openai');
    await rows().first().waitFor();
    const before = await rows().count();
    const client = await demoClient(world.service, 'professional');
    await client.post(`${API}/keys/test/openai`);
    await expect
      .poll(async () => {
        await back();
        return rows().count();
      })
      .toBe(before + 1);
    const other = await browser.open(world.service, { context: tab.context });
    await other.page.getByRole('button', { name: 'Test the OpenAI key' }).click();
    await expect.poll(() => rows().count()).toBe(before + 2);
    await other.close();
  });

  it('says so where nothing has happened', async () => {
    await open();
    await tab.page.route(AUDIT, (route) => route.fulfill({ json: { items: [], next_cursor: null } }));
    await tab.page.reload();
    await tab.page.getByRole('heading', { name: 'Nothing has happened yet' }).waitFor();
  });
});

describe('the export', () => {
  it('is a file of everything that fits the filters', async () => {
    await open('/activity?show=tests&provider=groq');
    const [download] = await Promise.all([tab.page.waitForEvent('download'), button('Export as CSV').click()]);
    expect(download.suggestedFilename()).toMatch(/^byok-activity-\d{4}-\d\d-\d\d\.csv$/);
    const text = await readFile(await download.path(), 'utf8');
    const [head, row, ...rest] = text.split('\r\n');
    expect(head).toBe('seq,at,action,outcome,reason,provider,actor_kind,actor,subject,address,request_id,details');
    expect(row).toContain('key.test,failed,bad_key,groq');
    expect(rest).toEqual(['']);
    await tab.page.getByText(`${download.suggestedFilename()} is saved among your downloads.`).waitFor();
    expect(await tab.axe()).toEqual([]);
  });

  it('says why there is none, and works again afterwards', async () => {
    await open();
    const file = /format=csv/;
    await tab.page.route(file, (route) =>
      route.fulfill(problemAnswer(503, 'database_unavailable', 'The database cannot be reached right now.')),
    );
    await button('Export as CSV').click();
    await tab.page.getByText('Nothing was exported. The database cannot be reached right now.').waitFor();
    await tab.page.unroute(file);
    await Promise.all([tab.page.waitForEvent('download'), button('Export as CSV').click()]);
    expect(await tab.page.getByText('Nothing was exported.').count()).toBe(0);
  });

  it('shows that it is under way, and can be cancelled', async () => {
    await open();
    await rows().first().waitFor();
    await tab.page.route(/format=csv/, () => {});
    await button('Export as CSV').click();
    await tab.page.getByRole('button', { name: /^Exporting … / }).waitFor();
    await button('Cancel the export').click();
    await button('Export as CSV').waitFor();
    expect(await tab.page.getByText(/Nothing was exported|is saved/).count()).toBe(0);
  });
});

describe('the activity in trouble', () => {
  it.each([
    [503, 'database_unavailable', 'The database cannot be reached right now.', { 'retry-after': '1' }],
    [429, 'rate_limited', 'Too many requests. Wait and try again.', { 'retry-after': '1' }],
  ] as const)(
    'says what the service says where it answers %i, and recovers by itself',
    async (status, code, detail, headers) => {
      await open('/account');
      await tab.page.route(AUDIT, (route) => route.fulfill(problemAnswer(status, code, detail, headers)));
      await tab.page.getByRole('link', { name: 'Activity', exact: true }).click();
      await tab.page.getByText('Your activity cannot be shown right now').waitFor();
      await tab.page.getByText(detail).waitFor();
      expect(await tab.page.getByText('Nothing has happened yet').count()).toBe(0);
      expect(await tab.axe()).toEqual([]);
      await tab.page.unroute(AUDIT);
      await rows().first().waitFor();
      await expect.poll(() => tab.page.getByText(detail).count()).toBe(0);
    },
  );

  it('never shows rows that do not fit the filter as if they did', async () => {
    await open();
    await rows().first().waitFor();
    await tab.page.route(AUDIT, (route) => route.abort());
    await tab.page.getByLabel('Show').selectOption('Tests');
    await tab.page.getByText('Your activity cannot be shown right now').waitFor();
    expect(await list().count()).toBe(0);
    await tab.page.unroute(AUDIT);
    await expect
      .poll(async () => (await rows().allTextContents()).map((text) => text.includes('A test of')))
      .toContain(true);
    await expect.poll(() => tab.page.getByText('cannot be shown').count()).toBe(0);
  });

  it('says that the service is slow', async () => {
    await open('/account');
    await tab.page.route(AUDIT, async (route) => {
      await new Promise((done) => setTimeout(done, 3_000));
      await route.continue();
    });
    await tab.page.getByRole('link', { name: 'Activity', exact: true }).click();
    await tab.page.getByText(/takes longer than usual/).waitFor();
    await rows().first().waitFor();
    await expect.poll(() => tab.page.getByText(/takes longer than usual/).count()).toBe(0);
  });

  it('asks to sign in where the session has ended, and leads back to the same filters', async () => {
    await open('/activity?show=tests');
    await rows().first().waitFor();
    await tab.context.clearCookies();
    await expect
      .poll(async () => {
        await back();
        return tab.page.getByRole('dialog', { name: 'Your session has ended' }).count();
      })
      .toBe(1);
    const href = await tab.page.getByRole('link', { name: 'Sign in' }).getAttribute('href');
    expect(href).toBe(`/auth/login?return_to=${encodeURIComponent('/activity?show=tests')}`);
  });

  it('keeps what is known while the service is stopped, and says that it may be old', async () => {
    const first = await startService();
    tab = await browser.open(first, { tier: 'starter', path: '/activity' });
    await rows().first().waitFor();
    await first.stop();
    await expect
      .poll(async () => {
        await back();
        return tab.page.getByText('This may be out of date').count();
      })
      .toBe(1);
    expect(await rows().count()).toBe(1);
    await button('Export as CSV').click();
    await tab.page.getByText(/Nothing was exported\. The service cannot be reached\./).waitFor();
    // The embedded default forgets its sessions.
    const second = await startService({ PORT: String(first.port) });
    try {
      await tab.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    } finally {
      await second.stop();
    }
  });
});
