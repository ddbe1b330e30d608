// What a person does with a browser at a service that signs in at Keycloak.
import type { Answer, Browser } from '../support/keycloak/keycloak-browser.ts';
import { EMAIL, PASSWORD, type SignInService } from '../support/service/sign-in-service.ts';

export const HOST = '127.0.0.1';
export const JSON_ONLY = { headers: { accept: 'application/json' } };

export function browsingAt(service: () => SignInService) {
  const me = async (browser: Browser): Promise<Answer> => browser.visit(`${service().root}/auth/me`);
  const loginUrl = (returnTo = '/'): string => `${service().root}/auth/login?return_to=${encodeURIComponent(returnTo)}`;
  async function signIn(browser: Browser, returnTo = '/'): Promise<Answer> {
    const page = await browser.visit(loginUrl(returnTo));
    return browser.submitLogin(page, EMAIL, PASSWORD);
  }
  /** Signs in at Keycloak and stops before the browser follows it back to us. */
  async function callbackUrl(browser: Browser): Promise<string> {
    const page = await browser.visit(loginUrl());
    const answer = await browser.submitLogin(page, EMAIL, PASSWORD, { follow: false });
    return String(answer.headers.location);
  }
  async function sessionsOf(browser: Browser): Promise<{ id: string; current: boolean }[]> {
    return JSON.parse((await browser.visit(`${service().root}/auth/sessions`)).body).items;
  }
  return { me, loginUrl, signIn, callbackUrl, sessionsOf };
}
