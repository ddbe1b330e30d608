// <byok-keys> in a page of somebody else's on the same site: the example that the documentation shows.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PageWorld, startPageWorld } from '../support/service/page-world.ts';
import { openTab, type Tab } from './browser.ts';

const EXAMPLE = new URL('../../docs/examples/byok-keys.html', import.meta.url);

let world: PageWorld;
beforeAll(async () => {
  world = await startPageWorld({ BASE_PATH: '/byok' });
});
afterAll(async () => {
  await world?.close();
});

/** The front end's own page, at an address of its own on the same origin. */
async function openExample(options: { scheme?: 'light' | 'dark'; attributes?: string }): Promise<Tab> {
  const text = (await readFile(EXAMPLE, 'utf8'))
    .replace('/ui/byok-keys.js', '/byok/ui/byok-keys.js')
    .replace('<byok-keys>', `<byok-keys ${options.attributes ?? ''}>`);
  const tab = await openTab(world.service, { tier: 'starter', path: '/docs', ...options });
  await tab.page.route('**/settings', (route) => route.fulfill({ contentType: 'text/html', body: text }));
  await tab.page.goto(`http://localhost:${world.service.port}/settings`);
  return tab;
}

it.each(['light', 'dark'] as const)('does what the keys page does, in %s, and axe finds nothing', async (scheme) => {
  const tab = await openExample({ scheme });
  const { page } = tab;
  await page.getByRole('button', { name: 'Add OpenAI key' }).click();
  await page.getByLabel('API key').fill(world.key('openai', 'good'));
  await page.getByRole('button', { name: 'Save key' }).click();
  await page.getByRole('dialog').getByText('OpenAI accepts the key.').waitFor();
  expect(await tab.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('article', { name: 'OpenAI' }).getByText('Valid', { exact: true }).waitFor();
  expect(await tab.axe()).toEqual([]);
  await page.getByRole('button', { name: 'Delete the OpenAI key' }).click();
  await page.getByRole('button', { name: 'Delete key' }).click();
  await page.getByRole('button', { name: 'Add OpenAI key' }).waitFor();
  expect(tab.complaints).toEqual([]);
  await tab.close();
});

it('keeps its styles and those of the page apart, and takes its colours from the page', async () => {
  const tab = await openExample({});
  const { page } = tab;
  const add = page.getByRole('button', { name: 'Add OpenAI key' });
  await add.waitFor();
  const styleOf = async (script: string): Promise<unknown> => page.evaluate(script);
  const button = `document.querySelector('byok-keys').shadowRoot.querySelector('button')`;
  // The page's rule for buttons says upper case and orange.
  expect(await styleOf(`getComputedStyle(${button}).textTransform`)).toBe('none');
  expect(await styleOf(`getComputedStyle(${button}).fontFamily`)).toContain('Georgia');
  expect(
    await styleOf(
      `getComputedStyle(document.querySelector('byok-keys').shadowRoot.querySelector('.card')).backgroundColor`,
    ),
  ).toBe('rgb(255, 253, 249)');
  // Its own rule for headings does not reach the page's.
  expect(await styleOf(`getComputedStyle(document.querySelector('h1')).letterSpacing`)).toBe('normal');
  await tab.close();
});

it('stays light in a page without a dark side', async () => {
  const inks: unknown[] = [];
  for (const attributes of ['', 'scheme="light"']) {
    const tab = await openExample({ scheme: 'dark', attributes });
    await tab.page.getByRole('button', { name: 'Add OpenAI key' }).waitFor();
    inks.push(await tab.page.evaluate(`getComputedStyle(document.querySelector('byok-keys')).color`));
    await tab.close();
  }
  expect(inks).toEqual(['rgb(236, 238, 244)', 'rgb(23, 26, 33)']);
});

it.each(['https://evil.example', '//evil.example', '/\\\\evil.example', 'javascript:alert(1)', '/byok/../..'])(
  'goes nowhere with the base %s, and says what a base is',
  async (base) => {
    const tab = await openExample({ attributes: `base="${base}"` });
    const asked: string[] = [];
    tab.page.on('request', (request) => asked.push(request.url()));
    await tab.page.reload();
    await tab.page.getByRole('alert').getByText('must be empty or a path on this site').waitFor();
    expect(asked.filter((url) => /evil|\/api\/|\/auth\//.test(url))).toEqual([]);
    await tab.close();
  },
);

it('can be taken out of the page and put back', async () => {
  const tab = await openExample({});
  const add = tab.page.getByRole('button', { name: 'Add OpenAI key' });
  await add.waitFor();
  await tab.page.evaluate(`globalThis.taken = document.querySelector('byok-keys'); taken.remove()`);
  await expect.poll(() => add.count()).toBe(0);
  await tab.page.evaluate(`document.querySelector('main').append(taken)`);
  await add.waitFor();
  expect(tab.complaints).toEqual([]);
  await tab.close();
});

it('tells somebody without a session to sign in, and comes back to the page that it stands in', async () => {
  const tab = await openExample({});
  await tab.page.getByRole('button', { name: 'Add OpenAI key' }).waitFor();
  await tab.context.clearCookies();
  await tab.page.reload();
  const link = tab.page.getByRole('dialog').getByRole('link', { name: 'Sign in' });
  expect(await link.getAttribute('href')).toBe('/byok/auth/login?return_to=%2Fsettings');
  await tab.close();
});
