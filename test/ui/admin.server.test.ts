// The administrators' pages in a real browser: on the embedded default, with a hundred and twenty-four people.
import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { DISABLED, PEOPLE } from '../support/service/page-people.ts';
import { fillPageWorld, type PageWorld, startPageWorld } from '../support/service/page-world.ts';
import { demoClient, startService } from '../support/service/running-service.ts';
import { openBrowser, problemAnswer, type Tab, type TestBrowser } from './browser.ts';

let world: PageWorld;
let browser: TestBrowser;
let tab: Tab;

beforeAll(async () => {
  [world, browser] = await Promise.all([startPageWorld(), openBrowser()]);
  await fillPageWorld(world);
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

const open = async (path: string, more: Parameters<TestBrowser['open']>[1] = {}): Promise<void> => {
  tab = await browser.open(world.service, { tier: 'enterprise', path, ...more });
};
const button = (name: string | RegExp) => tab.page.getByRole('button', { name, exact: typeof name === 'string' });
const link = (name: string | RegExp) => tab.page.getByRole('link', { name });
const heading = (name: string) => tab.page.getByRole('heading', { name, exact: true });
const row = (name: RegExp) => tab.page.getByRole('row', { name });
const says = (text: string | RegExp) => tab.page.getByText(text).first().waitFor();
const gone = (text: string | RegExp) => expect.poll(() => tab.page.getByText(text).count()).toBe(0);
const address = () => new URL(tab.page.url());
const OVERVIEW = /\/admin\/overview/;

describe('the overview', () => {
  const curve = () => tab.page.getByRole('img', { name: /^People with keys/ });
  /** What stands on the canvas, as the colours that occur. */
  const drawn = () =>
    tab.page.evaluate<{ width: number; colours: string[] } | undefined>(`(() => {
      const canvas = document.querySelector('canvas');
      if (canvas === null) return undefined;
      // A copy: reading from a canvas makes the browser treat it otherwise.
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set();
      for (let at = 0; at < data.length; at += 4)
        if (data[at + 3] === 255) colours.add([data[at], data[at + 1], data[at + 2]].join());
      return { width: canvas.width, colours: [...colours] };
    })()`);

  it('shows the figures, each with what it counts', async () => {
    await open('/admin');
    const figure = (name: string) => tab.page.getByRole('article', { name, exact: true });
    await figure('Test success')
      .getByText(/\d tested keys worked at the last test/)
      .waitFor();
    await figure('Answer time').getByText(/^p95/).waitFor();
    await figure('Cache hits')
      .getByText(/answered from memory/)
      .waitFor();
    await figure('Errors').getByText('0%', { exact: true }).waitFor();
    await figure('Errors')
      .getByText(/This replica, since \d\d:\d\d/)
      .waitFor();
    const providers = tab.page.getByRole('list', { name: 'Keys by provider' }).getByRole('listitem');
    expect(await providers.count()).toBe(8);
    expect((await providers.first().textContent())?.startsWith('OpenAI')).toBe(true);
  });

  it('draws adoption, says it in a sentence, and has the numbers in a table', async () => {
    await open('/admin');
    const client = await demoClient(world.service, 'enterprise');
    const { adoption } = (await client.get(`${API}/admin/overview`)).body as {
      adoption: { users_with_keys: number; users_total: number; history: { users_with_keys: number }[] };
    };
    expect(adoption.users_total).toBe(PEOPLE + 4);
    await curve().waitFor();
    const sentence = await curve().getAttribute('aria-label');
    expect(sentence).toContain(`first ${adoption.history[0]?.users_with_keys} (`);
    expect(sentence).toContain(`last ${adoption.users_with_keys} (`);
    expect(sentence).toMatch(/highest \d+ \(.*\) on \d+ \w+\.$/);
    await tab.page.getByText('Show the numbers').click();
    const rows = tab.page.getByRole('table', { name: /days, the latest first/ }).getByRole('row');
    expect(await rows.count()).toBe(1 + 90);
    expect(await rows.nth(1).textContent()).toContain(`${adoption.users_with_keys}${adoption.users_total}`);
  });

  it('follows the page’s colours and width', async () => {
    await open('/admin');
    await expect.poll(async () => (await drawn())?.colours).toContain('57,73,216');
    const before = (await drawn())?.width ?? 0;
    await tab.page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(async () => (await drawn())?.colours).toContain('151,162,255');
    await tab.page.setViewportSize({ width: 500, height: 800 });
    await expect.poll(async () => (await drawn())?.width).toBeLessThan(before);
    expect(await tab.page.evaluate('document.documentElement.scrollWidth')).toBe(500);
  });

  it('goes as far back as asked, and remembers it', async () => {
    await open('/admin');
    await tab.page.getByRole('group', { name: 'Period' }).getByText('30 days').click();
    await tab.page.getByText('Show the numbers').click();
    const rows = tab.page.getByRole('table', { name: /^30 days/ }).getByRole('row');
    await expect.poll(() => rows.count()).toBe(31);
    await tab.page.reload();
    await expect.poll(() => tab.page.getByLabel('30 days').isChecked()).toBe(true);
  });

  it('looks again by itself while it is in view', async () => {
    await open('/activity');
    let looks = 0;
    await tab.page.route(OVERVIEW, async (route) => {
      looks += 1;
      await route.continue();
    });
    await tab.page.clock.install();
    await link('Admin').click();
    await says(/looks again every 15 s/);
    await tab.page.clock.fastForward(16_000);
    await expect.poll(() => looks).toBe(2);
  });

  it('has a word for every part of the system', async () => {
    await open('/admin');
    await row(/^Keycloak Embedded/).waitFor();
    for (const name of [/Circuit breaker Not needed/, /Database Working/, /Redis Not configured/, /Changes Taken/])
      await row(name).waitFor();
    await row(/Audit log Up to date \d+ rows, the last one .* Head: row \d+ sha256:[0-9a-f]{64}/).waitFor();
    await row(/Encryption key In use [0-9a-f]+ encrypts/).waitFor();
    await row(/Replicas Just this one/).waitFor();
    await row(/Version 0\.1\.0/).waitFor();
  });

  it('says what is not known, and what does not work', async () => {
    await open('/activity');
    await tab.page.route(OVERVIEW, async (route) => {
      const response = await route.fetch();
      const { system, requests, ...others } = (await response.json()) as Record<string, object>;
      const away = { keycloak: 'unavailable', breaker: 'open', redis: 'unavailable', database: 'unavailable' };
      const audit = { lag_seconds: 4, rows: null, head: null };
      const json = {
        ...{ ...others, adoption: { users_total: null, users_with_keys: null, ratio: null, history: null } },
        ...{ keys: null, tests: null, cache: { hits: 0, misses: 0, hit_rate: null, users: 0 } },
        requests: { ...requests, count: 4, errors: 1, error_rate: 0.25, latency_ms: null },
        system: { ...system, ...away, replicas: null, audit },
      };
      await route.fulfill({ response, json });
    });
    await link('Admin').click();
    for (const name of [
      /Keycloak Not answering/,
      /Circuit breaker Open/,
      /Redis Not answering/,
      /Database Not answering/,
    ])
      await row(name).waitFor();
    await row(/Audit log Not known right now/).waitFor();
    await row(/Replicas Not known right now/).waitFor();
    await tab.page.getByRole('article', { name: 'Errors' }).getByText('25%').waitFor();
    await tab.page.getByRole('article', { name: 'Test success' }).getByText('Not known', { exact: true }).waitFor();
    await tab.page.getByRole('article', { name: 'Cache hits' }).getByText('No look-ups').waitFor();
    expect(await tab.page.getByText('Not known right now: the database does not answer.').count()).toBe(2);
    expect(await tab.axe()).toEqual([]);
  });

  it('draws the curve of a first day, too', async () => {
    await open('/activity');
    await tab.page.route(OVERVIEW, async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as { adoption: { history: object[] } };
      const adoption = { ...body.adoption, history: body.adoption.history.slice(-1) };
      await route.fulfill({ response, json: { ...body, adoption } });
    });
    await link('Admin').click();
    await tab.page.getByRole('img', { name: /There are no earlier days to compare with/ }).waitFor();
    await expect.poll(async () => (await drawn())?.colours).toContain('57,73,216');
  });
});

describe('people', () => {
  const search = () => tab.page.getByRole('searchbox', { name: 'Search people' });

  it('are found while typing, by parts of their names and addresses', async () => {
    await open('/admin/people');
    await says('Whom are you looking for?');
    await search().pressSequentially('gup ada');
    await says('1 person found');
    await row(/^Ada Gupta ada\.gupta@example\.com/).waitFor();
    await search().fill('hugo.fontaine');
    await search().press('Enter');
    await row(new RegExp(`Hugo Fontaine Disabled ${DISABLED}`)).waitFor();
    await search().fill('nobody at all');
    await says('Nobody fits “nobody at all”');
    await search().fill('');
    await says('Whom are you looking for?');
    // An email address in an address of the page would end up in logs.
    expect(address().search).toBe('');
  });

  it('come twenty at a time', async () => {
    await open('/admin/people');
    await search().fill('example.com');
    await says('The first 20 people found');
    await button('Show more people').click();
    await says('The first 40 people found');
    expect(await tab.page.getByRole('table', { name: 'People found' }).getByRole('row').count()).toBe(41);
  });

  it('show which keys they have, and who used them; nothing of the keys', async () => {
    await open('/admin/people');
    await search().fill('professional@');
    await link('Demo Professional').click();
    await heading('Demo Professional').waitFor();
    await row(/OpenAI Valid .* by open-webui/).waitFor();
    await row(/Groq Invalid .* Never/).waitFor();
    expect(address().searchParams.get('user')).toMatch(/^[0-9a-f-]{36}$/);
    expect(address().search).not.toContain('professional');
    expect(await tab.page.locator('main').innerHTML()).not.toMatch(/sk-|gsk_|Production/);
    await tab.page.reload();
    await heading('Demo Professional').waitFor();
    await link('What happened to their account').click();
    await heading('Audit log').waitFor();
    await expect.poll(() => tab.page.getByLabel('Concerns').inputValue()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('lead back to the search as it was', async () => {
    await open('/admin/people');
    await search().fill('ines');
    await link('Ines Ito').click();
    await heading('Ines Ito').waitFor();
    await tab.page.goBack();
    await row(/Ines Ito/).waitFor();
    expect(await search().inputValue()).toBe('ines');
    await link('Ines Brandt').click();
    await link('Back to the search').click();
    await row(/Ines Ito/).waitFor();
  });

  it('who are gone are said to be', async () => {
    await open('/admin/people?user=nobody');
    await says('There is no such user.');
  });

  it('lose a key that is revoked after a question, and see that in their activity', async () => {
    const person = await demoClient(world.service, 'starter');
    await person.post(`${API}/keys/add`, { provider: 'cohere', key: world.key('cohere', 'good') });
    const { id } = (await person.get('/auth/me')).body as { id: string };
    await open(`/admin/people?user=${id}`);
    await button('Revoke the Cohere key').click();
    const dialog = tab.page.getByRole('dialog', { name: 'Revoke the Cohere key?' });
    await dialog.getByText(/Services stop getting it within five minutes/).waitFor();
    expect(await tab.axe()).toEqual([]);
    // Enter means the safe answer.
    await tab.page.keyboard.press('Enter');
    await expect.poll(() => dialog.count()).toBe(0);
    expect((await person.get(`${API}/keys`)).body).toHaveLength(1);

    await button('Revoke the Cohere key').click();
    await tab.page.route(/\/revoke$/, (route) =>
      route.fulfill(problemAnswer(409, 'write_conflict', 'Not kept. Try again.')),
    );
    await button('Revoke key').click();
    await dialog.getByText('Not kept. Try again.').waitFor();
    await tab.page.unroute(/\/revoke$/);
    await button('Revoke key').click();
    await says('Demo Starter has no keys stored.');
    await tab.page.getByRole('status').getByText('Cohere key of Demo Starter revoked').waitFor();
    expect((await person.get(`${API}/keys`)).body).toEqual([]);
    const { items } = (await person.get(`${API}/audit?action=admin.revoke`)).body as { items: object[] };
    expect(items).toMatchObject([{ action: 'admin.revoke', provider: 'cohere', actor: { kind: 'user', id: null } }]);
  });
});

describe('the audit log', () => {
  const rows = () => tab.page.getByRole('table', { name: 'Rows of the audit log' }).getByRole('row');
  const numbers = async () => (await rows().locator('td:first-child').allTextContents()).map(Number);

  it('is filtered, and a reload keeps the filter', async () => {
    await open('/admin/audit');
    await tab.page.getByLabel('What').selectOption({ label: 'Key given out' });
    await tab.page.getByLabel('Provider').selectOption({ label: 'Anthropic' });
    await expect.poll(() => rows().count()).toBe(2);
    await row(/Key given out Anthropic Done token:agents/).waitFor();
    await tab.page.reload();
    await row(/Key given out Anthropic Done token:agents/).waitFor();
    expect(await tab.page.getByLabel('Provider').inputValue()).toBe('anthropic');
    await button('Clear the filter').click();
    await expect.poll(() => rows().count()).toBe(26);
    await tab.page.getByLabel('Done by').fill('token:open-webui');
    await tab.page.getByLabel('Done by').press('Enter');
    await expect.poll(() => rows().count()).toBe(3);
    await tab.page.getByLabel('Until').fill('2020-01-01');
    await tab.page.getByLabel('Until').blur();
    await says('No row fits the filter');
    expect(address().search).toBe('?actor=token%3Aopen-webui&to=2020-01-01');
    await tab.page.getByLabel('Until').fill('');
    await tab.page.getByLabel('From').fill(new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10));
    await tab.page.getByLabel('From').blur();
    await expect.poll(() => rows().count()).toBe(3);
  });

  it('finds rows of a refusal, of a request, and of a person', async () => {
    await open('/admin/audit?outcome=failed');
    await row(/Key tested Groq Failed bad key/).waitFor();
    const request = /request (\S+)/.exec((await row(/Key tested Groq Failed/).textContent()) ?? '')?.[1] ?? '';
    await tab.page.getByLabel('Request').fill(request);
    await tab.page.getByLabel('Request').press('Enter');
    await expect.poll(() => rows().count()).toBe(2);
    await rows().nth(1).getByRole('link').last().click();
    await heading('Demo Professional').waitFor();
  });

  it('is paged without losing or repeating a row', async () => {
    await open('/admin/audit');
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
    await open('/admin/audit?action=key.release');
    const client = await demoClient(world.service, 'enterprise');
    const { items } = (await client.get(`${API}/admin/audit?action=key.release`)).body as { items: object[] };
    expect(items.length).toBeGreaterThan(2);
    await rows().nth(items.length).waitFor();
    const [download] = await Promise.all([tab.page.waitForEvent('download'), button(format).click()]);
    expect(download.suggestedFilename()).toMatch(/^byok-audit-\d{4}-\d\d-\d\d\.(csv|ndjson)$/);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split('\n');
    expect(lines.filter((line) => line.includes('key.release'))).toHaveLength(items.length);
    expect(lines).toHaveLength(format === 'CSV' ? items.length + 1 : items.length);
    await says(/^byok-audit-.* saved, /);
  });

  it('says why there is no file', async () => {
    await open('/admin/audit');
    await rows().first().waitFor();
    await tab.page.route(/format=csv/, (route) =>
      route.fulfill(problemAnswer(503, 'database_unavailable', 'The database cannot be reached right now.')),
    );
    await button('CSV').click();
    await says('No file was saved. The database cannot be reached right now.');
    await tab.page.route(/format=ndjson/, (route) => route.abort());
    await button('NDJSON').click();
    await says(/No file was saved. The service cannot be reached./);
  });

  it('is verified: intact, with the head to compare', async () => {
    await open('/admin/audit');
    await button('Verify the chain').click();
    await says('The chain is intact');
    await says(/^\d+ rows checked\. Every one is as it was written/);
    const head = tab.page.getByText(/^Head: row \d+ sha256:[0-9a-f]{64}/);
    await head.waitFor();
    expect(await tab.axe()).toEqual([]);
    // The look at the log and its verification stand in it.
    await row(/Audit log verified Done You/).waitFor();
  });

  it('that was tampered with names the row, and shows it', async () => {
    const { db } = world.service.core.database;
    await open('/admin/audit');
    await sql`update audit_log set outcome = 'refused' where seq = 7`.execute(db);
    try {
      await button('Verify the chain').click();
      await says('The chain is broken');
      await says(/Row 7 was changed after it was written, or made up\./);
      expect(await tab.axe()).toEqual([]);
      await button('Show the log there').click();
      await expect.poll(async () => (await numbers())[0]).toBe(7);
    } finally {
      await sql`update audit_log set outcome = 'ok' where seq = 7`.execute(db);
    }
    await button('Verify the chain').click();
    await says('The chain is intact');
  });

  it('that cannot be verified right now says so', async () => {
    await open('/admin/audit');
    const detail = 'Too many requests. Wait and try again.';
    await tab.page.route(/\/verify$/, (route) =>
      route.fulfill(problemAnswer(429, 'rate_limited', detail, { 'retry-after': '20' })),
    );
    await button('Verify the chain').click();
    await says(`The chain was not verified. ${detail} Try again in 20 s.`);
  });
});

describe('somebody without the role', () => {
  it.each(['/admin', '/admin/people', '/admin/audit'])('is told so at %s', async (path) => {
    await open(path, { tier: 'starter' });
    await says('Only administrators may see this');
    expect(await link('Admin').count()).toBe(0);
    expect(await tab.axe()).toEqual([]);
    await link('Go to your keys').click();
    await heading('Keys').waitFor();
  });

  it('who had it a moment ago is told what the service says', async () => {
    const detail = 'Only administrators may do this. It needs the client role byok-admin.';
    await open('/activity');
    await tab.page.route(OVERVIEW, (route) => route.fulfill(problemAnswer(403, 'admin_required', detail)));
    await link('Admin').click();
    await says(detail);
  });
});

describe('with trouble', () => {
  const VIEWS = [
    ['/admin', OVERVIEW, 'The numbers', () => row(/^Keycloak/)],
    ['/admin/audit', /\/admin\/audit/, 'The audit log', () => row(/Signed in/).first()],
  ] as const;

  it.each(VIEWS)('%s says what the service says, and recovers by itself', async (path, calls, what, good) => {
    for (const [status, code, detail] of [
      [503, 'directory_unavailable', 'The user directory cannot be reached right now.'],
      [429, 'rate_limited', 'Too many requests. Wait and try again.'],
    ] as const) {
      await open('/activity');
      const answer = problemAnswer(status, code, detail, { 'retry-after': '1' });
      await tab.page.route(calls, (route) =>
        route.request().resourceType() === 'fetch' ? route.fulfill(answer) : route.continue(),
      );
      await tab.page.goto(`${address().origin}${path}`);
      await says(`${what} cannot be shown right now`);
      await says(detail);
      expect(await tab.axe()).toEqual([]);
      await tab.page.unroute(calls);
      await good().waitFor();
      await gone(detail);
      if (status === 503) await tab.close();
    }
  });

  it('the overview keeps the last numbers, and says that they may be old', async () => {
    await open('/admin');
    await row(/^Keycloak/).waitFor();
    await tab.page.route(OVERVIEW, (route) => route.abort());
    await expect
      .poll(async () => {
        await tab.page.evaluate('dispatchEvent(new Event("focus"))');
        return tab.page.getByText('This may be out of date').count();
      })
      .toBe(1);
    await says('The service cannot be reached.');
    expect(await row(/^Keycloak/).count()).toBe(1);
    // Another period does not lose them either.
    await tab.page.getByRole('group', { name: 'Period' }).getByText('365 days').click();
    await says('The service cannot be reached.');
    expect(await row(/^Keycloak/).count()).toBe(1);
    await tab.page.unroute(OVERVIEW);
    await gone('This may be out of date');
  });

  it('people who cannot be looked up right now are not said to be nobody', async () => {
    await open('/admin/people');
    await tab.page.route(/\/admin\/users/, async (route) => {
      await new Promise((done) => setTimeout(done, 3_000));
      await route.fulfill(
        problemAnswer(503, 'directory_unavailable', 'The user directory cannot be reached right now.'),
      );
    });
    await tab.page.getByLabel('Search people').fill('ada');
    await says(/takes longer than usual/);
    await says('The user directory cannot be reached right now.');
    expect(await tab.page.getByText(/^Nobody fits/).count()).toBe(0);
    await tab.page.unroute(/\/admin\/users/);
    await says('10 people found');
  });

  it('the overview says when the service is gone, and goes on when it is back', async () => {
    const first = await startService();
    tab = await browser.open(first, { tier: 'enterprise', path: '/admin' });
    await row(/^Keycloak/).waitFor();
    await first.stop();
    await expect
      .poll(async () => {
        await tab.page.evaluate('dispatchEvent(new Event("focus"))');
        return tab.page.getByText('The service cannot be reached.').count();
      })
      .toBe(1);
    expect(await row(/^Keycloak/).count()).toBe(1);
    const second = await startService({ PORT: String(first.port) });
    // The embedded default keeps its sessions in memory.
    await tab.page.getByRole('dialog', { name: 'Your session has ended' }).waitFor();
    const other = await browser.open(second, { context: tab.context, tier: 'enterprise' });
    await other.close();
    await expect.poll(() => tab.page.getByRole('dialog').count()).toBe(0);
    await gone('The service cannot be reached.');
    await gone('This may be out of date');
    await second.stop();
  });

  it('the end of the session leads to sign-in, and back to the same rows', async () => {
    await open('/admin/audit?action=key.add');
    await row(/Key added/)
      .first()
      .waitFor();
    await tab.context.clearCookies();
    await button('Verify the chain').click();
    const ended = tab.page.getByRole('dialog', { name: 'Your session has ended' });
    expect(await ended.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toContain(
      `return_to=${encodeURIComponent('/admin/audit?action=key.add')}`,
    );
    const other = await browser.open(world.service, { context: tab.context, tier: 'enterprise' });
    await other.close();
    await expect.poll(() => ended.count()).toBe(0);
    await button('Verify the chain').click();
    await says('The chain is intact');
  });
});

it.each([
  ['light', 1280],
  ['dark', 320],
] as const)('axe finds nothing, and nothing is cut off, in %s at %i px', async (scheme, width) => {
  await open('/admin', { scheme, width, height: 800 });
  const fits = async (): Promise<void> => {
    expect(await tab.axe()).toEqual([]);
    expect(await tab.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  };
  await tab.page.getByRole('img', { name: /^People with keys/ }).waitFor();
  await tab.page.getByText('Show the numbers').click();
  await fits();
  const admin = tab.page.getByRole('navigation', { name: 'Admin', exact: true });
  await admin.getByRole('link', { name: 'People' }).click();
  await tab.page.getByLabel('Search people').fill('hugo');
  await row(/Hugo Fontaine/).waitFor();
  await fits();
  await tab.page.getByLabel('Search people').fill('professional@');
  await link('Demo Professional').click();
  await button('Revoke the Groq key').waitFor();
  await fits();
  await admin.getByRole('link', { name: 'Audit log' }).click();
  await row(/Signed in/)
    .first()
    .waitFor();
  await fits();
});
