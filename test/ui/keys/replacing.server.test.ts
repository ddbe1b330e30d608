// Replacing a key in a real browser: the new one is tested first, so that a paste does not cost a key that works.
import { beforeEach, describe, expect, it } from 'vitest';
import { API } from '../../support/service/api-client.ts';
import { demoClient } from '../../support/service/running-service.ts';
import { keysPage } from '../keys-page.ts';

const { open, page, world, axe, button, scrollWidth, card, dialog, removeAllKeys, store } = keysPage();

const field = () => page().getByLabel('API key');
const KEPT = 'Your current key is still in place.';

async function stored(): Promise<string | undefined> {
  const client = await demoClient(world().service, 'starter');
  const keys = (await client.get(`${API}/keys`)).body as { provider: string; key_preview: string }[];
  return keys.find(({ provider }) => provider === 'openai')?.key_preview;
}

describe('replacing a key', () => {
  let before: string | undefined;
  beforeEach(async () => {
    await removeAllKeys('starter');
    await store('starter', 'openai', 'good', { label: 'Production' });
    before = await stored();
    await open({ tier: 'starter' });
    await button('Replace the OpenAI key').click();
  });

  it('takes one click where the provider accepts the new one', async () => {
    await field().fill('sk-good-replacement-WXYZ');
    await button('Test and replace').click();
    await dialog().getByText('OpenAI accepts the key.').waitFor();
    await button('Done').click();
    await card('OpenAI').getByText('sk-good...WXYZ').waitFor();
    await card('OpenAI').getByText('Production').waitFor();
    await card('OpenAI').getByText('Valid', { exact: true }).waitFor();
  });

  it.each([
    ['bad', 'Invalid', /OpenAI refused the key/],
    ['broken', 'No answer', /OpenAI/],
    ['html', 'Cannot tell', /./],
    ['quota', 'No credit', /quota or credit/],
    ['restricted', 'Restricted', /./],
  ] as const)(
    'keeps the old one where the new one is %s, until somebody says so once more',
    async (behaviour, word, why) => {
      await field().fill(`sk-${behaviour}-replacement-WXYZ`);
      await button('Test and replace').click();
      await dialog().getByText(word, { exact: true }).waitFor();
      await dialog().getByText(why).first().waitFor();
      await dialog().getByText(KEPT).waitFor();
      expect(await axe()).toEqual([]);
      // Enter, the way of most people, asks again and never saves.
      await field().press('Enter');
      await dialog().getByText(KEPT).waitFor();
      expect(await stored()).toBe(before);
      await button('Replace anyway').click();
      await dialog().getByRole('heading', { name: 'OpenAI key saved' }).waitFor();
      expect(await stored()).toMatch(/WXYZ$/);
    },
  );

  it('saves nothing of a key that was typed after the test', async () => {
    await field().fill('sk-bad-replacement-WXYZ');
    await button('Test and replace').click();
    await button('Replace anyway').waitFor();
    await field().press('End');
    await field().pressSequentially('1');
    await expect.poll(() => button('Replace anyway').count()).toBe(0);
    expect(await stored()).toBe(before);
  });

  it('forgets the test when the endpoint changes, and only then', async () => {
    await field().fill('sk-bad-replacement-WXYZ');
    await button('Test and replace').click();
    await button('Replace anyway').waitFor();
    await page().getByLabel('Label').fill('Another label');
    expect(await button('Replace anyway').count()).toBe(1);
    await page().getByText('Use another endpoint').click();
    await page().getByRole('textbox', { name: 'Endpoint' }).fill('https://llm.example.com/v1');
    await expect.poll(() => button('Replace anyway').count()).toBe(0);
  });

  it.each(['Cancel', 'Escape'])('is given up by %s while the provider is asked: nothing is saved', async (way) => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let adds = 0;
    page().on('request', (request) => {
      if (request.url().endsWith('/keys/add')) adds += 1;
    });
    await page().route(`**${API}/keys/test/openai`, async (route) => {
      await answered;
      await route.continue();
    });
    await field().fill('sk-good-replacement-WXYZ');
    await button('Test and replace').click();
    await dialog()
      .getByText(/Asking OpenAI/)
      .waitFor();
    const tested = page().waitForResponse(`**${API}/keys/test/openai`);
    if (way === 'Cancel') await button('Cancel').click();
    else await page().keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
    answer();
    await (await tested).finished();
    // A turn of the page's own, in which it would have saved.
    await page().evaluate('new Promise((resolve) => setTimeout(resolve, 200))');
    expect(adds).toBe(0);
    expect(await stored()).toBe(before);
  });

  it('saves what was tested, whatever is typed meanwhile', async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page().route(`**${API}/keys/test/openai`, async (route) => {
      await answered;
      await route.continue();
    });
    await field().fill('sk-good-replacement-WXYZ');
    await button('Test and replace').click();
    await dialog()
      .getByText(/Asking OpenAI/)
      .waitFor();
    await field().fill('sk-bad-not-tested-ABCD');
    answer();
    await dialog().getByRole('heading', { name: 'OpenAI key saved' }).waitFor();
    expect(await stored()).toBe('sk-good...WXYZ');
  });

  it('says so where the service cannot be reached, and keeps what was typed', async () => {
    await page().route(`**${API}/keys/test/openai`, (route) => route.abort());
    await field().fill('sk-good-replacement-WXYZ');
    await button('Test and replace').click();
    await dialog().getByText('The service cannot be reached.').waitFor();
    expect(await field().inputValue()).toBe('sk-good-replacement-WXYZ');
    expect(await button('Replace anyway').count()).toBe(0);
    expect(await stored()).toBe(before);
  });

  it('is refused with our own mask of the key that is there', async () => {
    await field().fill(before ?? '');
    await button('Test and replace').click();
    await dialog().getByRole('alert').getByText('This is a masked key').waitFor();
    expect(await stored()).toBe(before);
  });
});

it('a custom key that cannot be verified is replaced on purpose', async () => {
  await removeAllKeys('starter');
  const endpoint = world().fakes.httpsUrl('open');
  await store('starter', 'custom', 'good', { endpoint });
  await open({ tier: 'starter' });
  await button('Replace the Custom Endpoint key').click();
  await field().fill('x');
  await button('Test and replace').click();
  await dialog().getByText('Cannot tell', { exact: true }).waitFor();
  await dialog().getByText(KEPT).waitFor();
  await button('Replace anyway').click();
  await dialog().getByRole('heading', { name: 'Custom Endpoint key saved' }).waitFor();
});

it.each([
  ['light', 1280],
  ['dark', 320],
] as const)('axe finds nothing, and nothing is cut off, in %s at %i px', async (scheme, width) => {
  await removeAllKeys('starter');
  await store('starter', 'huggingface', 'good', { label: `A very long label ${'that goes on and on '.repeat(4)}` });
  await open({ tier: 'starter', scheme, width, height: 800 });
  await button('Replace the HuggingFace key').click();
  expect(await axe()).toEqual([]);
  await field().fill('hf_bad-replacement-WXYZ');
  await button('Test and replace').click();
  await button('Replace anyway').waitFor();
  expect(await axe()).toEqual([]);
  expect(await scrollWidth()).toBeLessThanOrEqual(width);
  expect(
    await page().evaluate('((dialog) => dialog.scrollWidth - dialog.clientWidth)(document.querySelector("dialog"))'),
  ).toBeLessThanOrEqual(0);
});
