import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createKeycloakIdentityProvider } from '../../src/keycloak/keycloak-identity-provider.ts';
import { createBrowser } from '../support/keycloak/keycloak-browser.ts';
import { type ConfidentialClient, createRealm, type TestRealm } from '../support/keycloak/realm.ts';
import { startTcpProxy } from '../support/programs/tcp-proxy.ts';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery';
const CALLBACK = 'http://127.0.0.1:1/auth/callback';
const unavailable = { code: 'directory_unavailable', status: 503 };
const misconfigured = { code: 'directory_misconfigured', status: 503 };

describe('Keycloak as the identity provider', () => {
  let realm: TestRealm;
  let client: ConfidentialClient;
  const dispatcher = new Agent();

  beforeAll(async () => {
    realm = await createRealm(inject('keycloak'));
    client = await realm.createConfidentialClient({ redirectUris: [CALLBACK] });
    await realm.createUser({ email: EMAIL, password: PASSWORD });
  });
  afterAll(() => dispatcher.destroy());

  function provider(options: Partial<Parameters<typeof createKeycloakIdentityProvider>[0]> = {}) {
    const { url } = inject('keycloak');
    return createKeycloakIdentityProvider({
      url,
      publicUrl: options.url ?? url,
      realm: realm.name,
      ...client,
      allowedClients: [],
      onRefusedClient: () => undefined,
      dispatcher,
      timeoutMs: 2000,
      redirectUri: CALLBACK,
      ...options,
    });
  }

  /** Signs in at Keycloak in a browser of its own. @returns the callback and what was kept. */
  async function callbackFor(identityProvider: ReturnType<typeof provider>) {
    const kept = await identityProvider.startSignIn();
    const browser = createBrowser();
    const answer = await browser.submitLogin(await browser.visit(kept.url), EMAIL, PASSWORD, { follow: false });
    return { kept, callback: new URL(String(answer.headers.location)) };
  }

  it('may be out of reach when the service starts, and is used once it answers', async () => {
    const { hostname, port } = new URL(inject('keycloak').url);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    const late = provider({ url: `http://127.0.0.1:${proxy.port}` });
    await proxy.cut();
    await expect(late.startSignIn()).rejects.toMatchObject(unavailable);
    await expect(late.logoutUrl(undefined, CALLBACK)).rejects.toMatchObject(unavailable);
    await expect(late.verifyAccessToken('eyJhbGciOiJSUzI1NiJ9.e30.AA')).rejects.toMatchObject(unavailable);
    await proxy.restore();
    await expect(late.startSignIn()).resolves.toMatchObject({
      url: expect.stringContaining('/protocol/openid-connect/auth?'),
    });
    await proxy.close();
  });

  it('reads as unavailable while it hangs', async () => {
    const { hostname, port } = new URL(inject('keycloak').url);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    proxy.hang();
    const hanging = provider({ url: `http://127.0.0.1:${proxy.port}`, timeoutMs: 300 });
    await expect(hanging.startSignIn()).rejects.toMatchObject(unavailable);
    await proxy.close();
  });

  it('is not blamed on the person when it goes away between sign-in and callback', async () => {
    const { hostname, port } = new URL(inject('keycloak').url);
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    const identityProvider = provider({ url: `http://127.0.0.1:${proxy.port}` });
    const { kept, callback } = await callbackFor(identityProvider);
    await proxy.cut();
    await expect(identityProvider.finishSignIn(callback, kept)).rejects.toMatchObject(unavailable);
    await proxy.close();
  });

  it.each([
    ['a page', 200, '<h1>Welcome</h1>'],
    ['another JSON', 200, '{"issuer": 1}'],
    ['an error', 503, 'down'],
    ['a redirect', 302, ''],
    ['a refusal', 403, '{}'],
  ])('reads as unavailable when its address answers with %s', async (_title, status, body) => {
    const server = createServer((_request, response) => {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(body);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(provider({ url }).startSignIn()).rejects.toMatchObject(unavailable);
    server.close();
  });

  it('is misconfigured where there is no such realm', async () => {
    await expect(provider({ realm: 'no-such-realm' }).startSignIn()).rejects.toMatchObject(misconfigured);
  });

  it('is misconfigured where it goes by another name than ours for it, and says what to set', async () => {
    const error = provider({ publicUrl: 'https://auth.example.com' }).startSignIn();
    await expect(error).rejects.toMatchObject(misconfigured);
    await expect(error).rejects.toThrow(/KC_HOSTNAME.*KEYCLOAK_PUBLIC_URL/);
  });

  it('is misconfigured where it refuses our secret', async () => {
    const wrong = provider({ clientSecret: 'wrong' });
    const { kept, callback } = await callbackFor(wrong);
    await expect(wrong.finishSignIn(callback, kept)).rejects.toMatchObject(misconfigured);
  });

  it('never shows the client secret or the code in an error', async () => {
    const { kept, callback } = await callbackFor(provider());
    const error: unknown = await provider()
      .finishSignIn(callback, { ...kept, codeVerifier: 'v'.repeat(43) })
      .catch((reason: unknown) => reason);
    const seen = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String((error as Error).cause);
    expect(error).toMatchObject({ code: 'sign_in_failed' });
    expect(seen).not.toContain(client.clientSecret);
    expect(seen).not.toContain(callback.searchParams.get('code'));
  });

  it('is called at its inner address while browsers are sent to the public one', async () => {
    const { url, ...admin } = inject('keycloak');
    const publicUrl = url.replace('127.0.0.1', 'localhost');
    const named = await createRealm({ url, ...admin }, { settings: { attributes: { frontendUrl: publicUrl } } });
    const callback = 'http://localhost:1/auth/callback';
    const inner = await named.createConfidentialClient({ redirectUris: [callback] });
    const userId = await named.createUser({ email: EMAIL, password: PASSWORD });
    const split = provider({ url, publicUrl, realm: named.name, ...inner, redirectUri: callback });
    const kept = await split.startSignIn();
    expect(new URL(kept.url).origin).toBe(publicUrl);
    expect(new URL(await split.logoutUrl('hint', callback)).origin).toBe(publicUrl);
    const browser = createBrowser();
    const answer = await browser.submitLogin(await browser.visit(kept.url), EMAIL, PASSWORD, { follow: false });
    await expect(split.finishSignIn(new URL(String(answer.headers.location)), kept)).resolves.toMatchObject({
      userId,
      email: EMAIL,
    });
  });
});
