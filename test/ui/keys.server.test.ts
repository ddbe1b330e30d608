// The keys page in a real browser, as a person uses it: on the embedded default with local providers.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { type PageWorld, startPageWorld } from '../support/service/page-world.ts';
import { demoClient } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';
import { openBrowser, type Tab, type TestBrowser } from './browser.ts';

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
afterEach(async () => {
  const { complaints } = tab;
  await tab.close();
  expect(complaints).toEqual([]);
});

const button = (name: string | RegExp) => tab.page.getByRole('button', { name, exact: typeof name === 'string' });
const card = (name: string) => tab.page.getByRole('article', { name, exact: true });
const dialog = () => tab.page.getByRole('dialog');

async function removeAllKeys(tier: string): Promise<void> {
  const client = await demoClient(world.service, tier);
  for (const { provider } of (await client.get(`${API}/keys`)).body as { provider: string }[])
    await client.send('DELETE', `${API}/keys/${provider}`);
}

async function store(tier: string, provider: string, behaviour: string, more: object = {}): Promise<string> {
  const client = await demoClient(world.service, tier);
  const key = world.key(provider, behaviour);
  const added = await client.post(`${API}/keys/add`, { provider, key, ...more });
  expect(added.status).toBe(200);
  return key;
}

describe('a person without keys', () => {
  beforeEach(() => removeAllKeys('starter'));

  it('signs in, adds a key and sees that it works, with four clicks beyond typing', async () => {
    tab = await browser.open(world.service);
    let clicks = 0;
    const click = async (name: string | RegExp): Promise<void> => {
      await button(name).click();
      clicks += 1;
    };
    await click(/^Starter/);
    await tab.page.getByRole('heading', { name: 'Add your first key' }).waitFor();
    await click('Add OpenAI key');
    await tab.page.getByLabel('API key').fill(world.key('openai', 'good'));
    await click('Save key');
    await dialog().getByText('Valid', { exact: true }).waitFor();
    await dialog().getByText('OpenAI accepts the key.').waitFor();
    await click('Done');
    await card('OpenAI').getByText('Valid', { exact: true }).waitFor();
    expect(clicks).toBe(4);
  });

  it('does the same by the keyboard alone', async () => {
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Add Groq key').focus();
    await tab.page.keyboard.press('Enter');
    await tab.page.keyboard.type(world.key('groq', 'good'));
    await tab.page.keyboard.press('Enter');
    await dialog().getByText('Groq accepts the key.').waitFor();
    await tab.page.keyboard.press('Enter');
    await card('Groq').getByText('Valid', { exact: true }).waitFor();
    await expect.poll(() => dialog().count()).toBe(0);
  });

  it('is taken to the provider’s page for keys, in a tab that knows nothing of this one', async () => {
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Add Anthropic key').click();
    const link = tab.page.getByRole('link', { name: /Get one from Anthropic/ });
    expect(await link.getAttribute('href')).toBe('https://console.anthropic.com/settings/keys');
    expect(await link.getAttribute('rel')).toContain('noreferrer');
  });

  it('is warned while typing where the key looks like another provider’s', async () => {
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Add OpenAI key').click();
    const field = tab.page.getByLabel('API key');
    await field.fill('gsk_0123456789abcdef');
    await tab.page.getByText('This looks like a key of Groq, not of OpenAI.').waitFor();
    await field.fill('sk-ant-0123456789abcdef');
    await tab.page.getByText('This looks like a key of Anthropic, not of OpenAI.').waitFor();
    await field.fill('0123456789abcdef');
    await tab.page.getByText('Keys of OpenAI usually begin with sk-.').waitFor();
    await field.fill('sk-0123456789abcdef');
    await expect.poll(() => tab.page.getByText('usually begin').count()).toBe(0);
  });

  it('tests a key before saving it: nothing is stored', async () => {
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Add Cohere key').click();
    await tab.page.getByLabel('API key').fill(world.key('cohere', 'bad'));
    await button('Test first').click();
    await dialog().getByText('Invalid', { exact: true }).waitFor();
    await dialog()
      .getByText(/Cohere refused the key/)
      .waitFor();
    await button('Cancel').click();
    const client = await demoClient(world.service, 'starter');
    expect((await client.get(`${API}/keys`)).body).toEqual([]);
    expect(await tab.page.getByRole('article').count()).toBe(0);
  });

  it('stores a custom endpoint with its key, and is told what is wrong with an address inside', async () => {
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Add Custom Endpoint key').click();
    await tab.page.getByLabel('API key').fill(world.key('custom', 'good'));
    await tab.page.getByRole('textbox', { name: 'Endpoint' }).fill('https://10.0.0.1/v1');
    await button('Save key').click();
    await dialog().getByRole('alert').getByText('this address leads inside a network').waitFor();
    // What was typed is still there.
    expect(await tab.page.getByRole('textbox', { name: 'Endpoint' }).inputValue()).toBe('https://10.0.0.1/v1');
    expect(await tab.page.getByLabel('API key').inputValue()).toContain('good-');
    await tab.page.getByRole('textbox', { name: 'Endpoint' }).fill(world.fakes.httpsUrl('custom'));
    await button('Save key').click();
    await dialog().getByText('Valid', { exact: true }).waitFor();
    await button('Done').click();
    await card('Custom Endpoint').getByText(world.fakes.httpsUrl('custom')).waitFor();
  });

  it('may show and hide what is typed', async () => {
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Add OpenAI key').click();
    const field = tab.page.getByLabel('API key');
    await field.fill('sk-0123456789');
    expect(await field.getAttribute('type')).toBe('password');
    await button(/^Show/).click();
    expect(await field.getAttribute('type')).toBe('text');
    expect(await field.inputValue()).toBe('sk-0123456789');
  });
});

describe('a stored key', () => {
  beforeEach(() => removeAllKeys('starter'));

  it.each([
    ['good', 'Valid', undefined],
    ['bad', 'Invalid', /refused this key/],
    ['restricted', 'Restricted', /check its permissions|Calls may/],
    ['quota', 'No credit', /quota or credit is used up/],
    ['ratelimited', 'Limited', /limiting its requests/],
    ['broken', 'No answer', /problem of its own/],
    ['hang', 'No answer', /did not answer|could not be/],
  ] as const)('is shown as what the provider makes of it: %s', async (behaviour, word, why) => {
    await store('starter', 'openai', behaviour);
    tab = await browser.open(world.service, { tier: 'starter' });
    await card('OpenAI').getByText('Untested', { exact: true }).waitFor();
    await button('Test the OpenAI key').click();
    await card('OpenAI').getByText(word, { exact: true }).waitFor();
    await tab.page.reload();
    await card('OpenAI').getByText(word, { exact: true }).waitFor();
    if (why !== undefined) await card('OpenAI').getByText(why).waitFor();
  });

  it('is replaced: the service has the new one, and says so', async () => {
    await store('starter', 'openai', 'bad');
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Replace the OpenAI key').click();
    await tab.page.getByLabel('API key').fill('sk-good-replacement-WXYZ');
    await button('Save key').click();
    await button('Done').click();
    await card('OpenAI').getByText('sk-good...WXYZ').waitFor();
    await card('OpenAI').getByText('Valid', { exact: true }).waitFor();
  });

  it('is renamed, turned off and on again', async () => {
    await store('starter', 'openai', 'good');
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Edit the OpenAI key').click();
    await tab.page.getByLabel('Label').fill('Laptop');
    await tab.page.getByLabel('Services may use this key').uncheck();
    await button('Save changes').click();
    await card('OpenAI').getByText('Laptop').waitFor();
    await card('OpenAI').getByText('Off', { exact: true }).waitFor();
    const token = await newServiceTokenFor(world.service);
    const resolve = () =>
      world.service
        .serviceClient(token)
        .post('/keys/resolve', { user: { email: 'starter@example.com' }, provider: 'openai' });
    expect((await resolve()).status).toBe(404);
    await button('Edit the OpenAI key').click();
    await tab.page.getByLabel('Services may use this key').check();
    await button('Save changes').click();
    await card('OpenAI').getByText('Untested', { exact: true }).waitFor();
    expect((await resolve()).status).toBe(200);
  });

  it('is deleted after a question, which keeps it unless answered', async () => {
    await store('starter', 'openai', 'good');
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Delete the OpenAI key').click();
    await dialog()
      .getByText(/cannot be brought back/)
      .waitFor();
    // Enter means the safe answer.
    await tab.page.keyboard.press('Enter');
    await expect.poll(() => dialog().count()).toBe(0);
    await card('OpenAI').waitFor();
    await button('Delete the OpenAI key').click();
    await dialog().getByRole('button', { name: 'Delete key' }).click();
    await button('Add OpenAI key').waitFor();
    await expect.poll(() => card('OpenAI').count()).toBe(0);
    await tab.page.getByRole('status').getByText('OpenAI key deleted').waitFor();
    const client = await demoClient(world.service, 'starter');
    expect((await client.get(`${API}/keys`)).body).toEqual([]);
  });

  it('says when it was last used, and by which service', async () => {
    await store('starter', 'openai', 'good');
    const token = await newServiceTokenFor(world.service, { name: 'open-webui' });
    await world.service
      .serviceClient(token)
      .post('/keys/resolve', { user: { email: 'starter@example.com' }, provider: 'openai' });
    tab = await browser.open(world.service, { tier: 'starter' });
    await card('OpenAI').getByText('just now by open-webui').waitFor();
  });

  it('changes in every open tab', async () => {
    await store('starter', 'openai', 'good');
    tab = await browser.open(world.service, { tier: 'starter' });
    const other = await browser.open(world.service, { context: tab.context });
    await other.page.getByRole('article', { name: 'OpenAI' }).waitFor();
    await button('Delete the OpenAI key').click();
    await dialog().getByRole('button', { name: 'Delete key' }).click();
    // Polled: a page in the background draws nothing, which is what waiting looks at.
    await expect.poll(() => other.page.getByRole('button', { name: 'Add OpenAI key' }).count()).toBe(1);
    await other.close();
  });

  it('that was changed elsewhere is shown when the page comes back into view', async () => {
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Add OpenAI key').waitFor();
    await store('starter', 'openai', 'good');
    await expect
      .poll(async () => {
        await tab.page.evaluate('dispatchEvent(new Event("focus"))');
        return card('OpenAI').count();
      })
      .toBe(1);
  });
});

describe('a key that was typed', () => {
  it('is in one request and nowhere else: not in the page, its storage, its history or any other request', async () => {
    await removeAllKeys('professional');
    tab = await browser.open(world.service, { tier: 'professional' });
    const requests: string[] = [];
    tab.page.on('request', (request) => {
      const sent = [request.url(), request.postData() ?? '', JSON.stringify(request.headers())].join('\n');
      requests.push(`${request.method()} ${sent}`);
    });
    const answers: Promise<string>[] = [];
    tab.page.on('response', (response) => answers.push(response.text().catch(() => '')));
    const secret = 'sk-good-CANARY0123456789CANARY';
    await button('Add OpenAI key').click();
    await tab.page.getByLabel('API key').pressSequentially(secret);
    await button('Save key').click();
    await dialog().getByText('Valid', { exact: true }).waitFor();
    await button('Done').click();
    await card('OpenAI').waitFor();

    expect(requests.filter((request) => request.includes('CANARY')).map((request) => request.split('\n')[0])).toEqual([
      expect.stringMatching(/^POST .*\/api\/v1\/byok\/keys\/add$/),
    ]);
    expect((await Promise.all(answers)).join('\n')).not.toContain('CANARY0123');
    const left = await tab.page.evaluate(`(async () => JSON.stringify({
      html: document.documentElement.outerHTML,
      values: [...document.querySelectorAll('input')].map((input) => input.value),
      local: { ...localStorage }, session: { ...sessionStorage }, state: history.state, url: location.href,
      cookies: document.cookie, databases: await indexedDB.databases(), caches: await caches.keys(),
      entries: performance.getEntries().map((entry) => entry.name), name: window.name,
    }))()`);
    expect(left).toContain('localhost');
    expect(left).not.toContain('CANARY');
  });

  it('is gone when the dialog is left', async () => {
    tab = await browser.open(world.service, { tier: 'professional' });
    await button('Add Groq key').click();
    await tab.page.getByLabel('API key').fill('gsk_CANARY0123456789');
    await tab.page.keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
    await button('Add Groq key').click();
    expect(await tab.page.getByLabel('API key').inputValue()).toBe('');
  });
});

describe('people on a tier without keys of their own', () => {
  it('are told which tier has them, and have no button that leads nowhere', async () => {
    tab = await browser.open(world.service, { tier: 'trial' });
    await tab.page.getByText('Storing keys begins with the Starter tier').waitFor();
    await tab.page.getByText('Supported providers').waitFor();
    expect(await button(/^Add/).count()).toBe(0);
  });
});

describe('with more than eight providers', () => {
  it('a search and a filter find them', async () => {
    await removeAllKeys('starter');
    await store('starter', 'openai', 'good', { label: 'Blue' });
    tab = await browser.open(world.service, { tier: 'starter' });
    await button('Add Groq key').waitFor();
    expect(await tab.page.getByRole('searchbox').count()).toBe(0);
    await tab.page.route(`**${API}/providers`, async (route) => {
      const answer = await route.fetch();
      const providers = (await answer.json()) as object[];
      await route.fulfill({ response: answer, json: [...providers, { ...providers[0], id: 'ninth', name: 'Ninth' }] });
    });
    await tab.page.reload();
    const search = tab.page.getByRole('searchbox', { name: 'Search' });
    await search.fill('nin');
    await button('Add Ninth key').waitFor();
    expect(await button('Add Groq key').count()).toBe(0);
    await search.fill('blue');
    await card('OpenAI').waitFor();
    await search.fill('');
    await tab.page.getByLabel('Show').selectOption({ label: 'Keys with a problem' });
    await tab.page.getByText('No key fits the search.').waitFor();
  });
});

it.each([
  ['light', 1280],
  ['dark', 320],
] as const)('axe finds nothing, and nothing is cut off, in %s at %i px', async (scheme, width) => {
  await removeAllKeys('starter');
  tab = await browser.open(world.service, { tier: 'starter', scheme, width, height: 800 });
  await button('Add OpenAI key').waitFor();
  expect(await tab.axe()).toEqual([]);
  for (const behaviour of ['good', 'bad', 'quota'])
    await store('starter', { good: 'openai', bad: 'groq', quota: 'perplexity' }[behaviour] ?? '', behaviour);
  await tab.page.reload();
  for (const name of ['OpenAI', 'Groq', 'Perplexity AI']) {
    await button(`Test the ${name} key`).click();
    await card(name)
      .getByText(/^(Valid|Invalid|No credit)$/)
      .waitFor();
  }
  expect(await tab.axe()).toEqual([]);
  expect(await tab.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  for (const name of ['Replace the OpenAI key', 'Edit the OpenAI key', 'Delete the OpenAI key']) {
    await button(name).click();
    await dialog().waitFor();
    expect(await tab.axe()).toEqual([]);
    await tab.page.keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
  }
});
