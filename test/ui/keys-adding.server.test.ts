// Adding keys in a real browser, as a person does it: on the embedded default with local providers.
import { beforeEach, describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { demoClient } from '../support/service/running-service.ts';
import { keysPage } from './keys-page.ts';

const { open, page, world, button, card, dialog, removeAllKeys } = keysPage();

describe('a person without keys', () => {
  beforeEach(() => removeAllKeys('starter'));

  it('signs in, adds a key and sees that it works, with four clicks beyond typing', async () => {
    await open();
    let clicks = 0;
    const click = async (name: string | RegExp): Promise<void> => {
      await button(name).click();
      clicks += 1;
    };
    await click(/^Starter/);
    await page().getByRole('heading', { name: 'Add your first key' }).waitFor();
    await click('Add OpenAI key');
    await page().getByLabel('API key').fill(world().key('openai', 'good'));
    await click('Save key');
    await dialog().getByText('Valid', { exact: true }).waitFor();
    await dialog().getByText('OpenAI accepts the key.').waitFor();
    await click('Done');
    await card('OpenAI').getByText('Valid', { exact: true }).waitFor();
    expect(clicks).toBe(4);
  });

  it('does the same by the keyboard alone', async () => {
    await open({ tier: 'starter' });
    await button('Add Groq key').focus();
    await page().keyboard.press('Enter');
    // What is typed before that goes nowhere.
    await page().getByLabel('API key').and(page().locator(':focus')).waitFor();
    await page().keyboard.type(world().key('groq', 'good'));
    await page().keyboard.press('Enter');
    await dialog().getByText('Groq accepts the key.').waitFor();
    await page().keyboard.press('Enter');
    await card('Groq').getByText('Valid', { exact: true }).waitFor();
    await expect.poll(() => dialog().count()).toBe(0);
  });

  it('is taken to the provider’s page for keys, in a tab that knows nothing of this one', async () => {
    await open({ tier: 'starter' });
    await button('Add Anthropic key').click();
    const link = page().getByRole('link', { name: /Get one from Anthropic/ });
    expect(await link.getAttribute('href')).toBe('https://console.anthropic.com/settings/keys');
    expect(await link.getAttribute('rel')).toContain('noreferrer');
  });

  it('is warned while typing where the key looks like another provider’s', async () => {
    await open({ tier: 'starter' });
    await button('Add OpenAI key').click();
    const field = page().getByLabel('API key');
    await field.fill('gsk_0123456789abcdef');
    await page().getByText('This looks like a key for Groq, not for OpenAI.').waitFor();
    await field.fill('sk-ant-0123456789abcdef');
    await page().getByText('This looks like a key for Anthropic, not for OpenAI.').waitFor();
    await field.fill('0123456789abcdef');
    await page().getByText('Keys for OpenAI usually begin with sk-.').waitFor();
    await field.fill('sk-0123456789abcdef');
    await expect.poll(() => page().getByText('usually begin').count()).toBe(0);
  });

  it('tests a key before saving it: nothing is stored', async () => {
    await open({ tier: 'starter' });
    await button('Add Cohere key').click();
    await page().getByLabel('API key').fill(world().key('cohere', 'bad'));
    await button('Test first').click();
    await dialog().getByText('Invalid', { exact: true }).waitFor();
    await dialog()
      .getByText(/Cohere refused the key/)
      .waitFor();
    await button('Cancel').click();
    const client = await demoClient(world().service, 'starter');
    expect((await client.get(`${API}/keys`)).body).toEqual([]);
    expect(await page().getByRole('article').count()).toBe(0);
  });

  it('stores a custom endpoint with its key, and is told what is wrong with an address inside', async () => {
    await open({ tier: 'starter' });
    await button('Add Custom Endpoint key').click();
    await page().getByLabel('API key').fill(world().key('custom', 'good'));
    await page().getByRole('textbox', { name: 'Endpoint' }).fill('https://10.0.0.1/v1');
    await button('Save key').click();
    await dialog().getByRole('alert').getByText('leads inside a network').waitFor();
    // What was typed is still there.
    expect(await page().getByRole('textbox', { name: 'Endpoint' }).inputValue()).toBe('https://10.0.0.1/v1');
    expect(await page().getByLabel('API key').inputValue()).toContain('good-');
    await page().getByRole('textbox', { name: 'Endpoint' }).fill(world().fakes.httpsUrl('custom'));
    await button('Save key').click();
    await dialog().getByText('Valid', { exact: true }).waitFor();
    await button('Done').click();
    await card('Custom Endpoint').getByText(world().fakes.httpsUrl('custom')).waitFor();
  });

  it('may show and hide what is typed', async () => {
    await open({ tier: 'starter' });
    await button('Add OpenAI key').click();
    const field = page().getByLabel('API key');
    await field.fill('sk-0123456789');
    expect(await field.getAttribute('type')).toBe('password');
    await button(/^Show/).click();
    expect(await field.getAttribute('type')).toBe('text');
    expect(await field.inputValue()).toBe('sk-0123456789');
  });
});

describe('a key that was typed', () => {
  it('is in one request and nowhere else: not in the page, its storage, its history or any other request', async () => {
    await removeAllKeys('professional');
    await open({ tier: 'professional' });
    const requests: string[] = [];
    page().on('request', (request) => {
      const sent = [request.url(), request.postData() ?? '', JSON.stringify(request.headers())].join('\n');
      requests.push(`${request.method()} ${sent}`);
    });
    const answers: Promise<string>[] = [];
    page().on('response', (response) => answers.push(response.text().catch(() => '')));
    const secret = 'sk-good-CANARY0123456789CANARY';
    await button('Add OpenAI key').click();
    await page().getByLabel('API key').pressSequentially(secret);
    await button('Save key').click();
    await dialog().getByText('Valid', { exact: true }).waitFor();
    await button('Done').click();
    await card('OpenAI').waitFor();

    expect(requests.filter((request) => request.includes('CANARY')).map((request) => request.split('\n')[0])).toEqual([
      expect.stringMatching(/^POST .*\/api\/v1\/byok\/keys\/add$/),
    ]);
    expect((await Promise.all(answers)).join('\n')).not.toContain('CANARY0123');
    const left = await page().evaluate(`(async () => JSON.stringify({
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
    await open({ tier: 'professional' });
    await button('Add Groq key').click();
    await page().getByLabel('API key').fill('gsk_CANARY0123456789');
    await page().keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
    await button('Add Groq key').click();
    expect(await page().getByLabel('API key').inputValue()).toBe('');
  });
});

describe('people on a tier without keys of their own', () => {
  it('are told which tier has them, and have no button that leads nowhere', async () => {
    await open({ tier: 'trial' });
    await page().getByText('Storing keys begins with the Starter tier').waitFor();
    await page().getByText('Supported providers').waitFor();
    expect(await button(/^Add/).count()).toBe(0);
  });
});
