// The audit log in a real browser: filtered, paged, exported and verified.
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { demoClient } from '../support/service/running-service.ts';
import { adminPage } from './admin-page.ts';
import { problemAnswer } from './browser.ts';

const { open, page, world, axe, button, heading, row, says, address } = adminPage();

describe('the audit log', () => {
  const rows = () => page().getByRole('table', { name: 'Rows of the audit log' }).getByRole('row');
  const numbers = async () => (await rows().locator('td:first-child').allTextContents()).map(Number);

  it('is filtered, and a reload keeps the filter', async () => {
    await open({ path: '/admin/audit' });
    await page().getByLabel('What').selectOption({ label: 'Key given out' });
    await page().getByLabel('Provider').selectOption({ label: 'Anthropic' });
    await expect.poll(() => rows().count()).toBe(2);
    await row(/Key given out Anthropic Done token:agents/).waitFor();
    await page().reload();
    await row(/Key given out Anthropic Done token:agents/).waitFor();
    expect(await page().getByLabel('Provider').inputValue()).toBe('anthropic');
    await button('Clear the filter').click();
    await expect.poll(() => rows().count()).toBe(26);
    await page().getByLabel('Done by').fill('token:open-webui');
    await page().getByLabel('Done by').press('Enter');
    await expect.poll(() => rows().count()).toBe(3);
    await page().getByLabel('Until').fill('2020-01-01');
    await page().getByLabel('Until').blur();
    await says('No row fits the filter');
    expect(address().search).toBe('?actor=token%3Aopen-webui&to=2020-01-01');
    await page().getByLabel('Until').fill('');
    await page()
      .getByLabel('From')
      .fill(new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10));
    await page().getByLabel('From').blur();
    await expect.poll(() => rows().count()).toBe(3);
  });

  it('finds rows of a refusal, of a request, and of a person', async () => {
    await open({ path: '/admin/audit?outcome=failed' });
    await row(/Key tested Groq Failed bad key/).waitFor();
    const request = /request (\S+)/.exec((await row(/Key tested Groq Failed/).textContent()) ?? '')?.[1] ?? '';
    await page().getByLabel('Request').fill(request);
    await page().getByLabel('Request').press('Enter');
    await expect.poll(() => rows().count()).toBe(2);
    await rows().nth(1).getByRole('link').last().click();
    await heading('Demo Professional').waitFor();
  });

  it('is paged without losing or repeating a row', async () => {
    await open({ path: '/admin/audit' });
    await expect.poll(() => rows().count()).toBe(26);
    const first = await numbers();
    await button('Older').click();
    await heading('Older rows').waitFor();
    await expect.poll(async () => (await numbers())[0]).toBe((first.at(-1) ?? 0) - 1);
    await button('Newer').click();
    await heading('Latest rows').waitFor();
    await expect.poll(async () => await numbers()).toEqual(expect.arrayContaining(first.slice(0, 20)));
    expect(await button('Newer').isDisabled()).toBe(true);
  });

  it.each(['CSV', 'NDJSON'] as const)('is exported as %s, as far as it fits the filter', async (format) => {
    await open({ path: '/admin/audit?action=key.release' });
    const client = await demoClient(world().service, 'enterprise');
    const { items } = (await client.get(`${API}/admin/audit?action=key.release`)).body as { items: object[] };
    expect(items.length).toBeGreaterThan(2);
    await rows().nth(items.length).waitFor();
    const [download] = await Promise.all([page().waitForEvent('download'), button(format).click()]);
    expect(download.suggestedFilename()).toMatch(/^byok-audit-\d{4}-\d\d-\d\d\.(csv|ndjson)$/);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    expect(lines.filter((line) => line.includes('key.release'))).toHaveLength(items.length);
    expect(lines).toHaveLength(format === 'CSV' ? items.length + 1 : items.length);
    await says(/^byok-audit-.* saved, /);
  });

  it('says why there is no file', async () => {
    await open({ path: '/admin/audit' });
    await rows().first().waitFor();
    await page().route(/format=csv/, (route) =>
      route.fulfill(problemAnswer(503, 'database_unavailable', 'The database cannot be reached right now.')),
    );
    await button('CSV').click();
    await says('No file was saved. The database cannot be reached right now.');
    await page().route(/format=ndjson/, (route) => route.abort());
    await button('NDJSON').click();
    await says(/No file was saved. The service cannot be reached./);
  });

  it('is verified: intact, with the head to compare', async () => {
    await open({ path: '/admin/audit' });
    await button('Verify the chain').click();
    await says('The chain is intact');
    await says(/^\d+ rows checked\. Every one is as it was written/);
    const head = page().getByText(/^Head: row \d+ sha256:[0-9a-f]{64}/);
    await head.waitFor();
    expect(await axe()).toEqual([]);
    // The look at the log and its verification stand in it.
    await row(/Audit log verified Done You/).waitFor();
  });

  it('that was tampered with names the row, and shows it', async () => {
    const { db } = world().service.core.database;
    await open({ path: '/admin/audit' });
    await sql`update audit_log set outcome = 'refused' where seq = 7`.execute(db);
    try {
      await button('Verify the chain').click();
      await says('The chain is broken');
      await says(/Row 7 was changed after it was written, or made up\./);
      expect(await axe()).toEqual([]);
      await button('Show the log there').click();
      await expect.poll(async () => (await numbers())[0]).toBe(7);
    } finally {
      await sql`update audit_log set outcome = 'ok' where seq = 7`.execute(db);
    }
    await button('Verify the chain').click();
    await says('The chain is intact');
  });

  it('that cannot be verified right now says so', async () => {
    await open({ path: '/admin/audit' });
    const detail = 'Too many requests. Wait and try again.';
    await page().route(/\/verify$/, (route) =>
      route.fulfill(problemAnswer(429, 'rate_limited', detail, { 'retry-after': '20' })),
    );
    await button('Verify the chain').click();
    await says(`The chain was not verified. ${detail} Try again in 20 s.`);
  });
});
