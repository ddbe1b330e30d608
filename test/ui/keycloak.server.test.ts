// The page over a real Keycloak: the whole way of a person, there and back again.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { openTab } from './browser.ts';

let fakes: FakeProviders;
let service: KeycloakService;
beforeAll(async () => {
  fakes = await startFakeProviders();
  service = await startKeycloakService({ env: providerEnv(fakes) });
});
afterAll(async () => {
  await service?.stop();
  await fakes?.close();
});

it('a person signs in at Keycloak, adds a key, sees it, deletes it and signs out at both ends', async () => {
  const { email, password } = await service.newPerson();
  const tab = await openTab(service, { host: '127.0.0.1', path: '/account' });
  const { page } = tab;
  const signIn = async (): Promise<void> => {
    await page.locator('#username').fill(email);
    await page.locator('#password').fill(password);
    await page.locator('#kc-login').click();
  };
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await tab.axe()).toEqual([]);
  }
  await page.getByRole('link', { name: 'Sign in' }).click();
  await signIn();
  // Back to where they wanted to go.
  await page.getByRole('heading', { level: 1, name: 'Account' }).waitFor();
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Keys' }).click();

  await page.getByRole('button', { name: 'Add OpenAI key' }).click();
  await page.getByLabel('API key').fill('sk-good-0123456789abWXYZ');
  await page.getByRole('button', { name: 'Save key' }).click();
  await page.getByRole('dialog').getByText('OpenAI accepts the key.').waitFor();
  await page.getByRole('button', { name: 'Done' }).click();
  const card = page.getByRole('article', { name: 'OpenAI' });
  await card.getByText('sk-good...WXYZ').waitFor();
  await card.getByText('Valid', { exact: true }).waitFor();

  await page.getByRole('button', { name: 'Delete the OpenAI key' }).click();
  await page.getByRole('button', { name: 'Delete key' }).click();
  await page.getByRole('button', { name: 'Add OpenAI key' }).waitFor();

  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Account' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  // Ours, after Keycloak's: its session has ended as well, so that it asks for the password again.
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.locator('#kc-login').waitFor();
  // The form leads to Keycloak and back, which the policy of the page must allow.
  expect(tab.complaints).toEqual([]);
  await tab.close();
});

it('whose session was ended at Keycloak is led to sign in again, and back to the same place', async () => {
  const { email, password, id } = await service.newPerson();
  const tab = await openTab(service, { host: '127.0.0.1' });
  const { page } = tab;
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.locator('#username').fill(email);
  await page.locator('#password').fill(password);
  await page.locator('#kc-login').click();
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Activity' }).click();
  await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
  await service.realm.admin('POST', `/users/${id}/logout`);
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await expect
    .poll(async () => {
      await page.evaluate('dispatchEvent(new Event("focus"))');
      return dialog.count();
    })
    .toBe(1);
  await dialog.getByRole('link', { name: 'Sign in' }).click();
  await page.locator('#password').fill(password);
  const username = page.locator('#username');
  if (await username.isVisible()) await username.fill(email);
  await page.locator('#kc-login').click();
  await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
  await tab.close();
});
