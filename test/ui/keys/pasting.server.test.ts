// What people paste into the field of a key, in a real browser: what is taken off, what is refused, and whose key it is.
import { beforeEach, describe, expect, it } from 'vitest';
import { MASKS, PLACEHOLDERS, REFERENCES, WEB_ADDRESSES, WRAPPED } from '../../keys/pasted-texts.ts';
import { API } from '../../support/service/api-client.ts';
import { demoClient } from '../../support/service/running-service.ts';
import { keysPage } from '../keys-page.ts';

const { open, page, context, world, axe, button, scrollWidth, card, dialog, removeAllKeys, store } = keysPage();

const KEY = 'sk-good-0123456789abcdef-5678';
const field = () => page().getByLabel('API key');
const asked = (): (string | undefined)[] => world().fakes.requests.map(({ provider }) => provider);

/** As Ctrl+V does it. */
async function paste(text: string): Promise<void> {
  await context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page().evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await field().focus();
  await field().press('ControlOrMeta+a');
  await field().press('ControlOrMeta+v');
}

async function add(provider: string): Promise<void> {
  await removeAllKeys('starter');
  await open({ tier: 'starter' });
  await button(`Add ${provider} key`).click();
}

/** What is sent from now on, a line a request. */
function sent(): string[] {
  const requests: string[] = [];
  page().on('request', (request) => {
    if (request.method() !== 'GET') requests.push(`${request.url()} ${request.postData() ?? ''}`);
  });
  return requests;
}

describe('what is pasted around a key', () => {
  it('is taken off and named, whatever it is', async () => {
    await add('OpenAI');
    for (const [text, without] of WRAPPED) {
      // No clipboard has a NUL.
      if (text.includes('\0')) continue;
      await paste(text);
      expect(await field().inputValue(), JSON.stringify(text)).toBe(KEY);
      // Line breaks around a key a browser drops by itself.
      if (!text.endsWith('\n'))
        await dialog()
          .getByText(`We removed ${without.replace(/ it\b/, ' the key')}.`)
          .waitFor();
    }
  });

  it('is not sent: the key alone is, and the last page says what was removed', async () => {
    await add('OpenAI');
    const requests = sent();
    await paste(`export OPENAI_API_KEY="${KEY}";`);
    await button('Save key').click();
    await dialog().getByText('Valid', { exact: true }).waitFor();
    await dialog()
      .getByText(/^We removed the semicolon after the key, the quotes around it and/)
      .waitFor();
    expect(requests[0]).toContain(`"key":"${KEY}"`);
  });

  it('is taken off when it was typed, too: once the field is left, or Enter is pressed', async () => {
    await add('OpenAI');
    const requests = sent();
    await field().pressSequentially(`"${KEY}"`);
    expect(await field().inputValue()).toBe(`"${KEY}"`);
    await page().keyboard.press('Tab');
    expect(await field().inputValue()).toBe(KEY);
    await field().fill('');
    await field().pressSequentially(`Bearer ${KEY}`);
    await page().keyboard.press('Enter');
    await dialog().getByText('Valid', { exact: true }).waitFor();
    expect(requests[0]).toContain(`"key":"${KEY}"`);
  });

  it('stays at a custom endpoint, but for space and what cannot be seen, with a word about it', async () => {
    await add('Custom Endpoint');
    const requests = sent();
    await page().getByRole('textbox', { name: 'Endpoint' }).fill(world().fakes.httpsUrl('custom'));
    await paste('\u200b "good-7" ');
    expect(await field().inputValue()).toBe('"good-7"');
    await dialog().getByText('Saved as it is, with the quotes around it.').waitFor();
    await button('Save key').click();
    await button('Done').click();
    expect(requests[0]).toContain(String.raw`"key":"\"good-7\""`);
  });
});

describe('what is no key', () => {
  it('is not sent, and the field says what it is', async () => {
    await add('OpenAI');
    const requests = sent();
    const texts: readonly [readonly string[], RegExp][] = [
      [MASKS, /^This is a masked key/],
      [PLACEHOLDERS, /^This is a placeholder/],
      [REFERENCES, /^This is the name of a variable/],
      [WEB_ADDRESSES, /^This is a web address/],
      [['OPENAI_API_KEY=sk-0123456789ab\nGROQ_API_KEY=gsk_0123456789ab'], /more here than one key/],
      [['sk-0123456789\nabcdefghij', 'sk-0123456789 abcdefghij'], /space or a line break inside the key/],
      [['sk–0123456789abcdef'], /character in it that keys do not have/],
    ];
    // Which texts are what is a matter of other tests: here a few of each.
    for (const [examples, sentence] of texts)
      for (const text of examples.slice(0, 3)) {
        await paste(text);
        await dialog().getByRole('alert').getByText(sentence).waitFor();
        expect(await field().getAttribute('aria-invalid'), text).toBe('true');
      }
    for (const name of ['Save key', 'Test first']) await button(name).click();
    await page().keyboard.press('Enter');
    await dialog().getByRole('alert').waitFor();
    expect(await axe()).toEqual([]);
    expect(requests).toEqual([]);
    await paste(KEY);
    await expect.poll(() => dialog().getByRole('alert').count()).toBe(0);
  });
});

describe('what the service has refused', () => {
  it('is not said of the next key any more', async () => {
    await add('OpenAI');
    const refusal = dialog().getByText('The key must have at least 10 characters.');
    await field().fill('sk-1        ');
    await button('Save key').click();
    await refusal.waitFor();
    await paste('sk-ant-0123456789abcdef0123');
    await dialog()
      .getByText(/This looks like a key for Anthropic/)
      .waitFor();
    expect(await refusal.count()).toBe(0);
  });
});

describe('a key of another provider', () => {
  beforeEach(() => removeAllKeys('starter'));

  it('is added to its own with two clicks, and the first one never hears of it', async () => {
    await add('OpenAI');
    const key = world().key('groq', 'good');
    const before = asked().length;
    const requests = sent();
    await paste(key);
    await dialog().getByText('This looks like a key for Groq, not for OpenAI.').waitFor();
    await button('Add it to Groq instead').click();
    await page().getByRole('heading', { name: 'Add your Groq key' }).waitFor();
    expect(await field().inputValue()).toBe(key);
    expect(await page().evaluate('document.activeElement.type')).toBe('password');
    await button('Save key').click();
    await dialog().getByText('Groq accepts the key.').waitFor();
    await button('Done').click();
    await card('Groq').waitFor();
    expect(requests[0]).toContain('"provider":"groq"');
    expect(new Set(asked().slice(before))).toEqual(new Set(['groq']));
  });

  it.each(['Save key', 'Test first'])('is not sent by "%s" unless somebody says so', async (name) => {
    await add('OpenAI');
    const before = asked().length;
    const requests = sent();
    await field().fill('sk-ant-good-0123456789abcdef');
    await button(name).click();
    await dialog().getByText('Nothing was sent').waitFor();
    await dialog().getByText('This looks like a key for Anthropic, not for OpenAI.').waitFor();
    expect(await axe()).toEqual([]);
    expect(requests).toEqual([]);
    // Enter is no answer to it.
    await field().press('Enter');
    await dialog().getByText('Nothing was sent').waitFor();
    expect(requests).toEqual([]);
    // Another key is another question.
    await field().fill('gsk_good-0123456789abcdef');
    await expect.poll(() => dialog().getByText('Nothing was sent').count()).toBe(0);
    await button(name).click();
    await button('Send it to OpenAI anyway').click();
    await dialog().getByText('OpenAI accepts the key.').waitFor();
    expect(new Set(asked().slice(before))).toEqual(new Set(['openai']));
  });

  it('that is not offered here is named, and has nowhere to go', async () => {
    await add('OpenAI');
    await field().fill('sk-or-v1-0123456789abcdef');
    await dialog().getByText('This looks like a key for OpenRouter, which is not offered here.').waitFor();
    expect(await button(/instead$/).count()).toBe(0);
    await button('Save key').click();
    await button('Send it to OpenAI anyway').waitFor();
  });

  it('replaces the one that its own provider has, which is tested first', async () => {
    await store('starter', 'groq', 'good', { label: 'Old' });
    await open({ tier: 'starter' });
    await button('Add OpenAI key').click();
    await page().getByLabel('Label').fill('Typed for OpenAI');
    await field().fill(world().key('groq', 'bad'));
    await button('Replace your Groq key instead').click();
    await page().getByRole('heading', { name: 'Replace your Groq key' }).waitFor();
    expect(await page().getByLabel('Label').inputValue()).toBe('Old');
    await button('Test and replace').click();
    await dialog().getByText('Your current key is still in place.').waitFor();
  });

  it('that is stored is not sent by the test of its card, either', async () => {
    const client = await demoClient(world().service, 'starter');
    await client.post(`${API}/keys/add`, { provider: 'openai', key: world().key('groq', 'good') });
    const before = asked().length;
    await open({ tier: 'starter' });
    await button('Test the OpenAI key').click();
    await card('OpenAI').getByText('This looks like a key for Groq, so it was not sent to OpenAI.').waitFor();
    expect(asked().length).toBe(before);
    expect(await axe()).toEqual([]);
    await button('Send it to OpenAI anyway').click();
    await card('OpenAI').getByText('Valid', { exact: true }).waitFor();
  });
});

it.each([
  ['light', 1280],
  ['dark', 320],
] as const)('axe finds nothing, and nothing is cut off, in %s at %i px', async (scheme, width) => {
  await removeAllKeys('starter');
  await open({ tier: 'starter', scheme, width, height: 800 });
  await button('Add Perplexity AI key').click();
  await paste(`export PERPLEXITY_API_KEY="${world().key('huggingface', 'good')}";`);
  await button('Save key').click();
  await button('Send it to Perplexity AI anyway').waitFor();
  expect(await axe()).toEqual([]);
  expect(await scrollWidth()).toBeLessThanOrEqual(width);
  expect(
    await page().evaluate('((dialog) => dialog.scrollWidth - dialog.clientWidth)(document.querySelector("dialog"))'),
  ).toBeLessThanOrEqual(0);
});
