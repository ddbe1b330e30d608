// The activity in a real browser: what it says, how it is filtered, paged and taken away.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { demoClient } from '../support/service/running-service.ts';
import { AUDIT, activityPage } from './activity-page.ts';
import { problemAnswer } from './browser.ts';

const { open, openAnother, page, context, world, axe, button, comeBack, scrollWidth, list, rows } = activityPage();

const search = (): Promise<unknown> => page().evaluate('location.search');

/** Rows of one's own in number: each is an attempt to delete a key that is not there. */
async function makeRows(count: number): Promise<void> {
  const client = await demoClient(world().service, 'starter');
  for (let done = 0; done < count; done += 1) await client.delete(`${API}/keys/cohere`);
}

describe('the activity', () => {
  it.each(['light', 'dark'] as const)('says who did what, when and from where (%s)', async (scheme) => {
    await open({ scheme });
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
    expect(await axe()).toEqual([]);
  });

  it('fits on a phone', async () => {
    await open({ width: 320, height: 640 });
    await rows().first().waitFor();
    expect(await scrollWidth()).toBeLessThanOrEqual(320);
    expect(await axe()).toEqual([]);
  });

  it('is filtered by what, provider and day, and keeps that over a reload', async () => {
    await open();
    await rows().first().waitFor();
    const show = page().getByLabel('Show');
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
    await page().getByLabel('Provider').selectOption('Groq');
    await expect.poll(() => rows().count()).toBe(1);
    expect(await search()).toBe('?show=tests&provider=groq');
    await page().reload();
    await expect.poll(() => rows().count()).toBe(1);
    expect(await show.inputValue()).toBe('tests');

    await page().getByLabel('To', { exact: true }).fill('2020-01-01');
    await page().getByRole('heading', { name: 'Nothing fits these filters' }).waitFor();
    expect(await axe()).toEqual([]);
    await page().getByLabel('From', { exact: true }).fill('2021-01-01');
    await page().getByText('The first day is after the last one.').waitFor();
    await button('Clear filters').click();
    await expect.poll(() => rows().count()).toBe(all);
    expect(await search()).toBe('');
    expect(await page().locator('select:focus').getAttribute('id')).toBe(await show.getAttribute('id'));
    const today = String(await page().evaluate('new Date().toLocaleDateString("sv")'));
    await page().getByLabel('From', { exact: true }).fill(today);
    await page().getByLabel('To', { exact: true }).fill(today);
    await expect.poll(search).toBe(`?from=${today}&to=${today}`);
    await expect.poll(() => rows().count()).toBe(all);
  });

  it('keeps its filters for somebody who has to sign in first', async () => {
    await open({ tier: undefined, path: '/activity?show=tests' });
    await page()
      .getByRole('button', { name: /^Professional/ })
      .click();
    await page().getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    expect(await search()).toBe('?show=tests');
  });

  it('is paged, and going back goes back', async () => {
    await makeRows(60);
    await open({ path: '/activity?show=changes', tier: 'starter' });
    await expect.poll(() => rows().count()).toBe(50);
    expect(await button('Newest').isDisabled()).toBe(true);
    await button('Older').click();
    await expect.poll(() => rows().count()).toBe(10);
    expect(await button('Older').isDisabled()).toBe(true);
    expect(await search()).toMatch(/^\?show=changes&cursor=/);
    await page().reload();
    await expect.poll(() => rows().count()).toBe(10);
    await page().goBack();
    await expect.poll(() => rows().count()).toBe(50);
    await page().goForward();
    await expect.poll(() => rows().count()).toBe(10);
    await button('Newest').click();
    await expect.poll(() => rows().count()).toBe(50);
    await button('Older').click();
    await expect.poll(() => rows().count()).toBe(10);
    // Another filter begins at its newest row.
    await page().getByLabel('Provider').selectOption('Cohere');
    await expect.poll(() => rows().count()).toBe(50);
  });

  it('shows what happened in another tab when one comes back, and at once what another tab of this page did', async () => {
    await open({ path: '/activity?show=tests&provider=openai' });
    await rows().first().waitFor();
    const before = await rows().count();
    const client = await demoClient(world().service, 'professional');
    await client.post(`${API}/keys/test/openai`);
    await expect
      .poll(async () => {
        await comeBack();
        return rows().count();
      })
      .toBe(before + 1);
    const other = await openAnother({ context: context() });
    await other.page.getByRole('button', { name: 'Test the OpenAI key' }).click();
    await expect.poll(() => rows().count()).toBe(before + 2);
    await other.close();
  });

  it('says so where nothing has happened', async () => {
    await open();
    await page().route(AUDIT, (route) => route.fulfill({ json: { items: [], next_cursor: null } }));
    await page().reload();
    await page().getByRole('heading', { name: 'Nothing has happened yet' }).waitFor();
  });
});

describe('the export', () => {
  it('is a file of everything that fits the filters', async () => {
    await open({ path: '/activity?show=tests&provider=groq' });
    const [download] = await Promise.all([page().waitForEvent('download'), button('Export as CSV').click()]);
    expect(download.suggestedFilename()).toMatch(/^byok-activity-\d{4}-\d\d-\d\d\.csv$/);
    const text = await readFile(await download.path(), 'utf8');
    const [head, row, ...rest] = text.split('\r\n');
    expect(head).toBe('seq,at,action,outcome,reason,provider,actor_kind,actor,subject,address,request_id,details');
    expect(row).toContain('key.test,failed,bad_key,groq');
    expect(rest).toEqual(['']);
    await page().getByText(`${download.suggestedFilename()} is saved among your downloads.`).waitFor();
    expect(await axe()).toEqual([]);
  });

  it('says why there is none, and works again afterwards', async () => {
    await open();
    const file = /format=csv/;
    await page().route(file, (route) =>
      route.fulfill(problemAnswer(503, 'database_unavailable', 'The database cannot be reached right now.')),
    );
    await button('Export as CSV').click();
    await page().getByText('Nothing was exported. The database cannot be reached right now.').waitFor();
    await page().unroute(file);
    await Promise.all([page().waitForEvent('download'), button('Export as CSV').click()]);
    expect(await page().getByText('Nothing was exported.').count()).toBe(0);
  });

  it('shows that it is under way, and can be cancelled', async () => {
    await open();
    await rows().first().waitFor();
    await page().route(/format=csv/, () => {});
    await button('Export as CSV').click();
    await page()
      .getByRole('button', { name: /^Exporting … / })
      .waitFor();
    await button('Cancel the export').click();
    await button('Export as CSV').waitFor();
    expect(
      await page()
        .getByText(/Nothing was exported|is saved/)
        .count(),
    ).toBe(0);
  });
});
