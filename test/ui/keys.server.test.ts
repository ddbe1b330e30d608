// Stored keys in a real browser, as a person uses them: on the embedded default with local providers.
import { beforeEach, describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { demoClient } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';
import { keysPage } from './keys-page.ts';

const {
  open,
  openAnother,
  page,
  context,
  world,
  axe,
  button,
  comeBack,
  scrollWidth,
  card,
  dialog,
  removeAllKeys,
  store,
} = keysPage();

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
    await open({ tier: 'starter' });
    await card('OpenAI').getByText('Untested', { exact: true }).waitFor();
    await button('Test the OpenAI key').click();
    await card('OpenAI').getByText(word, { exact: true }).waitFor();
    await page().reload();
    await card('OpenAI').getByText(word, { exact: true }).waitFor();
    if (why !== undefined) await card('OpenAI').getByText(why).waitFor();
  });

  it('is replaced: the service has the new one, and says so', async () => {
    await store('starter', 'openai', 'bad');
    await open({ tier: 'starter' });
    await button('Replace the OpenAI key').click();
    await page().getByLabel('API key').fill('sk-good-replacement-WXYZ');
    await button('Test and replace').click();
    await button('Done').click();
    await card('OpenAI').getByText('sk-good...WXYZ').waitFor();
    await card('OpenAI').getByText('Valid', { exact: true }).waitFor();
  });

  it('is renamed, turned off and on again', async () => {
    await store('starter', 'openai', 'good');
    await open({ tier: 'starter' });
    await button('Edit the OpenAI key').click();
    await page().getByLabel('Label').fill('Laptop');
    await page().getByLabel('Services may use this key').uncheck();
    await button('Save changes').click();
    await card('OpenAI').getByText('Laptop').waitFor();
    await card('OpenAI').getByText('Off', { exact: true }).waitFor();
    const token = await newServiceTokenFor(world().service);
    const resolve = () =>
      world()
        .service.serviceClient(token)
        .post('/keys/resolve', { user: { email: 'starter@example.com' }, provider: 'openai' });
    expect((await resolve()).status).toBe(404);
    await button('Edit the OpenAI key').click();
    await page().getByLabel('Services may use this key').check();
    await button('Save changes').click();
    await card('OpenAI').getByText('Untested', { exact: true }).waitFor();
    expect((await resolve()).status).toBe(200);
  });

  it('is deleted after a question, which keeps it unless answered', async () => {
    await store('starter', 'openai', 'good');
    await open({ tier: 'starter' });
    await button('Delete the OpenAI key').click();
    await dialog()
      .getByText(/cannot be brought back/)
      .waitFor();
    // Enter means the safe answer.
    await page().keyboard.press('Enter');
    await expect.poll(() => dialog().count()).toBe(0);
    await card('OpenAI').waitFor();
    await button('Delete the OpenAI key').click();
    await dialog().getByRole('button', { name: 'Delete key' }).click();
    await button('Add OpenAI key').waitFor();
    await expect.poll(() => card('OpenAI').count()).toBe(0);
    await page().getByRole('status').getByText('OpenAI key deleted').waitFor();
    const client = await demoClient(world().service, 'starter');
    expect((await client.get(`${API}/keys`)).body).toEqual([]);
  });

  it('says when it was last used, and by which service', async () => {
    await store('starter', 'openai', 'good');
    const token = await newServiceTokenFor(world().service, { name: 'open-webui' });
    await world()
      .service.serviceClient(token)
      .post('/keys/resolve', { user: { email: 'starter@example.com' }, provider: 'openai' });
    await open({ tier: 'starter' });
    await card('OpenAI').getByText('just now by open-webui').waitFor();
  });

  it('changes in every open tab', async () => {
    await store('starter', 'openai', 'good');
    await open({ tier: 'starter' });
    const other = await openAnother({ context: context() });
    await other.page.getByRole('article', { name: 'OpenAI' }).waitFor();
    await button('Delete the OpenAI key').click();
    await dialog().getByRole('button', { name: 'Delete key' }).click();
    // Polled: a page in the background draws nothing, which is what waiting looks at.
    await expect.poll(() => other.page.getByRole('button', { name: 'Add OpenAI key' }).count()).toBe(1);
    await other.close();
  });

  it('that was changed elsewhere is shown when the page comes back into view', async () => {
    await open({ tier: 'starter' });
    await button('Add OpenAI key').waitFor();
    await store('starter', 'openai', 'good');
    await expect
      .poll(async () => {
        await comeBack();
        return card('OpenAI').count();
      })
      .toBe(1);
  });
});

describe('with more than eight providers', () => {
  it('a search and a filter find them', async () => {
    await removeAllKeys('starter');
    await store('starter', 'openai', 'good', { label: 'Blue' });
    await open({ tier: 'starter' });
    await button('Add Groq key').waitFor();
    expect(await page().getByRole('searchbox').count()).toBe(0);
    await page().route(`**${API}/providers`, async (route) => {
      const answer = await route.fetch();
      const providers = (await answer.json()) as object[];
      await route.fulfill({ response: answer, json: [...providers, { ...providers[0], id: 'ninth', name: 'Ninth' }] });
    });
    await page().reload();
    const search = page().getByRole('searchbox', { name: 'Search' });
    await search.fill('nin');
    await button('Add Ninth key').waitFor();
    expect(await button('Add Groq key').count()).toBe(0);
    await search.fill('blue');
    await card('OpenAI').waitFor();
    await search.fill('');
    await page().getByLabel('Show').selectOption({ label: 'Keys with a problem' });
    await page().getByText('No key fits the search.').waitFor();
  });
});

it.each([
  ['light', 1280],
  ['dark', 320],
] as const)('axe finds nothing, and nothing is cut off, in %s at %i px', async (scheme, width) => {
  await removeAllKeys('starter');
  await open({ tier: 'starter', scheme, width, height: 800 });
  await button('Add OpenAI key').waitFor();
  expect(await axe()).toEqual([]);
  for (const behaviour of ['good', 'bad', 'quota'])
    await store('starter', { good: 'openai', bad: 'groq', quota: 'perplexity' }[behaviour] ?? '', behaviour);
  await page().reload();
  for (const name of ['OpenAI', 'Groq', 'Perplexity AI']) {
    await button(`Test the ${name} key`).click();
    await card(name)
      .getByText(/^(Valid|Invalid|No credit)$/)
      .waitFor();
  }
  expect(await axe()).toEqual([]);
  expect(await scrollWidth()).toBeLessThanOrEqual(width);
  for (const name of ['Replace the OpenAI key', 'Edit the OpenAI key', 'Delete the OpenAI key']) {
    await button(name).click();
    await dialog().waitFor();
    expect(await axe()).toEqual([]);
    await page().keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
  }
});
