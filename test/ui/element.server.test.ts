// <byok-keys> in a page of somebody else's on the same site: the example that the documentation shows.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

interface ExampleOptions {
  readonly scheme?: 'light' | 'dark';
  readonly attributes?: string;
  /** What is written into the head of the page, before anything else. */
  readonly head?: string;
}

/** The front end's own page, at an address of its own on the same origin. */
async function openExample(options: ExampleOptions): Promise<Tab> {
  // The script is named in full: where it comes from is for the page to say, and is not what is asked here.
  const script = `http://localhost:${world.service.port}/byok/ui/byok-keys.js`;
  const text = (await readFile(EXAMPLE, 'utf8'))
    .replace('<head>', `<head>${options.head ?? ''}`)
    .replace('/ui/byok-keys.js', script)
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
  expect(await link.getAttribute('href')).toBe(
    `http://localhost:${world.service.port}/byok/auth/login?return_to=%2Fsettings`,
  );
  await tab.close();
});

describe('in a page with a <base> that somebody has put there', () => {
  /** What an accomplice elsewhere would need to answer for a browser to send a key there. */
  const ALLOWED = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': '*',
    'access-control-allow-methods': '*',
  };

  /** @returns what was asked of anybody but the service. */
  async function watchOthers({ page, context }: Tab): Promise<string[]> {
    const asked: string[] = [];
    await context.route(
      (url) => url.host !== `localhost:${world.service.port}`,
      (route) => {
        const request = route.request();
        asked.push(`${request.method()} ${request.url()} ${request.postData() ?? ''}`);
        return route.fulfill({ headers: ALLOWED, contentType: 'application/json', body: '{}' });
      },
    );
    await page.reload();
    return asked;
  }

  it.each([
    ['another origin', '<base href="https://evil.example/">', 'base="/byok"'],
    ['another origin, without the attribute base', '<base href="https://evil.example/">', ''],
    ['another host, by this scheme', '<base href="//evil.example/x/">', ''],
    ['another port', '<base href="http://localhost:1/">', ''],
    ['another path', '<base href="/elsewhere/x/">', 'base="/byok"'],
    ['data', '<base href="data:text/html,x">', ''],
    ['another origin in another window', '<base href="//evil.example/" target="evil">', 'base="/byok"'],
  ])('asks the service and nobody else: %s', async (_title, head, attributes) => {
    const tab = await openExample({ head, attributes });
    const others = await watchOthers(tab);
    const { page } = tab;
    await page.getByRole('button', { name: 'Add OpenAI key' }).click();
    await page.getByLabel('API key').fill(world.key('openai', 'good'));
    await page.getByRole('button', { name: 'Save key' }).click();
    await page.getByRole('dialog').getByText('OpenAI accepts the key.').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Delete the OpenAI key' }).click();
    await page.getByRole('button', { name: 'Delete key' }).click();
    await page.getByRole('button', { name: 'Add OpenAI key' }).waitFor();
    expect(others).toEqual([]);
    await tab.close();
  });

  it.each([
    '<base href="https://evil.example/">',
    '<base href="//evil.example/x/">',
    '<base target="evil">',
    '<base href="//evil.example/" target="_blank">',
  ])('leads to the service’s own sign-in, in this window: %s', async (head) => {
    const tab = await openExample({ head });
    const { page, context } = tab;
    await page.getByRole('button', { name: 'Add OpenAI key' }).waitFor();
    await context.clearCookies();
    const others = await watchOthers(tab);
    await page.getByRole('dialog').getByRole('link', { name: 'Sign in' }).click();
    await page.waitForURL((url) => url.pathname === '/byok/auth/login');
    expect(new URL(page.url()).searchParams.get('return_to')).toBe('/settings');
    expect(context.pages()).toHaveLength(1);
    expect(others).toEqual([]);
    await tab.close();
  });
});

it.each([
  ['a sandboxed frame', (text: string) => `<iframe sandbox="allow-scripts" srcdoc="${text}"></iframe>`],
  ['a frame that is written as data', (text: string) => `<iframe src="data:text/html,${encodeURIComponent(text)}">`],
])('asks nobody from %s, which has no origin, and says so', async (_title, frame) => {
  const tab = await openTab(world.service, { tier: 'starter', path: '/docs' });
  const { page } = tab;
  const root = `http://localhost:${world.service.port}`;
  const inner = `<script type='module' src='${root}/byok/ui/byok-keys.js'></script><byok-keys base='/byok'></byok-keys>`;
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  // The service does not hand its script to such pages; somebody else may.
  await page.route('**/ui/**', async (route) => {
    const answer = await route.fetch();
    const headers = { ...answer.headers(), 'access-control-allow-origin': '*' };
    await route.fulfill({ response: answer, headers: { ...headers, 'cross-origin-resource-policy': 'cross-origin' } });
  });
  await page.route('**/settings', (route) => route.fulfill({ contentType: 'text/html', body: frame(inner) }));
  await page.goto(`${root}/settings`);
  await page.frameLocator('iframe').getByRole('alert').getByText('in a page with an http or https address').waitFor();
  expect(asked.filter((url) => /\/api\/|\/auth\//.test(url))).toEqual([]);
  await tab.close();
});
