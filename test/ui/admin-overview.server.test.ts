// The administrators' overview in a real browser: its figures, its curve and the state of the parts.
import { describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { PEOPLE } from '../support/service/page-people.ts';
import { demoClient } from '../support/service/running-service.ts';
import { adminPage, OVERVIEW } from './admin-page.ts';

const { open, page, world, axe, scrollWidth, link, row, says } = adminPage();

describe('the overview', () => {
  const curve = () => page().getByRole('img', { name: /^People with keys/ });
  /** What stands on the canvas, as the colours that occur. */
  const drawn = () =>
    page().evaluate<{ width: number; colours: string[] } | undefined>(`(() => {
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
    await open({ path: '/admin' });
    const figure = (name: string) => page().getByRole('article', { name, exact: true });
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
    const providers = page().getByRole('list', { name: 'Keys by provider' }).getByRole('listitem');
    expect(await providers.count()).toBe(8);
    expect((await providers.first().textContent())?.startsWith('OpenAI')).toBe(true);
  });

  it('has sentences in its tables, each word beside the other: no rule of another part of the page applies', async () => {
    await open({ path: '/admin' });
    await row(/^Version/)
      .getByText('This replica started')
      .waitFor();
    const shown = await page().evaluate<string[]>(
      "[...document.querySelectorAll('td')].map((cell) => getComputedStyle(cell).display)",
    );
    expect(new Set(shown)).toEqual(new Set(['table-cell']));
  });

  it('draws adoption, says it in a sentence, and has the numbers in a table', async () => {
    await open({ path: '/admin' });
    const client = await demoClient(world().service, 'enterprise');
    const { adoption } = (await client.get(`${API}/admin/overview`)).body as {
      adoption: { users_with_keys: number; users_total: number; history: { users_with_keys: number }[] };
    };
    expect(adoption.users_total).toBe(PEOPLE + 4);
    await curve().waitFor();
    const sentence = await curve().getAttribute('aria-label');
    expect(sentence).toContain(`first ${adoption.history[0]?.users_with_keys} (`);
    expect(sentence).toContain(`last ${adoption.users_with_keys} (`);
    expect(sentence).toMatch(/highest \d+ \(.*\) on \d+ \w+\.$/);
    await page().getByText('Show the numbers').click();
    const rows = page()
      .getByRole('table', { name: /days, the latest first/ })
      .getByRole('row');
    expect(await rows.count()).toBe(1 + 90);
    expect(await rows.nth(1).textContent()).toContain(`${adoption.users_with_keys}${adoption.users_total}`);
  });

  it('follows the page’s colours and width', async () => {
    await open({ path: '/admin' });
    await expect.poll(async () => (await drawn())?.colours).toContain('57,73,216');
    const before = (await drawn())?.width ?? 0;
    await page().emulateMedia({ colorScheme: 'dark' });
    await expect.poll(async () => (await drawn())?.colours).toContain('151,162,255');
    await page().setViewportSize({ width: 500, height: 800 });
    await expect.poll(async () => (await drawn())?.width).toBeLessThan(before);
    expect(await scrollWidth()).toBe(500);
  });

  it('goes as far back as asked, and remembers it', async () => {
    await open({ path: '/admin' });
    await page().getByRole('group', { name: 'Period' }).getByText('30 days').click();
    await page().getByText('Show the numbers').click();
    const rows = page()
      .getByRole('table', { name: /^30 days/ })
      .getByRole('row');
    await expect.poll(() => rows.count()).toBe(31);
    await page().reload();
    await expect.poll(() => page().getByLabel('30 days').isChecked()).toBe(true);
  });

  it('refreshes by itself while it is in view', async () => {
    await open({ path: '/activity' });
    let looks = 0;
    await page().route(OVERVIEW, async (route) => {
      looks += 1;
      await route.continue();
    });
    await page().clock.install();
    await link('Admin').click();
    await says(/refreshes every 15 s/);
    await page().clock.fastForward(16_000);
    await expect.poll(() => looks).toBe(2);
  });

  it('has a word for every part of the system', async () => {
    await open({ path: '/admin' });
    await row(/^Keycloak Embedded/).waitFor();
    for (const name of [/Circuit breaker Not needed/, /Database Working/, /Redis Not configured/, /Changes Taken/])
      await row(name).waitFor();
    await row(/Audit log Up to date \d+ rows, the last one .* Head: row \d+ sha256:[0-9a-f]{64}/).waitFor();
    await row(/Encryption key In use [0-9a-f]+ encrypts/).waitFor();
    await row(/Replicas Just this one/).waitFor();
    await row(/Version 0\.1\.0/).waitFor();
  });

  it('says what is not known, and what does not work', async () => {
    await open({ path: '/activity' });
    await page().route(OVERVIEW, async (route) => {
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
    await page().getByRole('article', { name: 'Errors' }).getByText('25%').waitFor();
    await page().getByRole('article', { name: 'Test success' }).getByText('Not known', { exact: true }).waitFor();
    await page().getByRole('article', { name: 'Cache hits' }).getByText('No look-ups').waitFor();
    expect(await page().getByText('Not known right now: the database does not answer.').count()).toBe(2);
    expect(await axe()).toEqual([]);
  });

  it('draws the curve of a first day, too', async () => {
    await open({ path: '/activity' });
    await page().route(OVERVIEW, async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as { adoption: { history: object[] } };
      const adoption = { ...body.adoption, history: body.adoption.history.slice(-1) };
      await route.fulfill({ response, json: { ...body, adoption } });
    });
    await link('Admin').click();
    await page()
      .getByRole('img', { name: /There are no earlier days to compare with/ })
      .waitFor();
    await expect.poll(async () => (await drawn())?.colours).toContain('57,73,216');
  });
});
