// Every signature that a realm may have by default, and that a client may have of its own: tried by signing in.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browsingAt } from '../sessions/sign-in-browsing.ts';
import { partsOf } from '../support/keycloak/forged-token.ts';
import { createBrowser } from '../support/keycloak/keycloak-browser.ts';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { CLIENT } from '../support/keycloak/keycloak-test-realm.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import { requestToken } from '../support/servers/keycloak-admin-api.ts';
import { EMAIL, PASSWORD, type SignInService, startSignInService } from '../support/service/sign-in-service.ts';

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;
const rsa = (algorithm: string) => ({ providerId: 'rsa-generated', config: { algorithm: [algorithm] } });
const ecdsa = (curve: string) => ({ providerId: 'ecdsa-generated', config: { ecdsaEllipticCurveKey: [curve] } });
const PROVIDERS = {
  RS384: rsa('RS384'),
  RS512: rsa('RS512'),
  PS256: rsa('PS256'),
  PS384: rsa('PS384'),
  PS512: rsa('PS512'),
  ES256: ecdsa('P-256'),
  ES384: ecdsa('P-384'),
  ES512: ecdsa('P-521'),
  EdDSA: { providerId: 'eddsa-generated', config: { eddsaEllipticCurveKey: ['Ed25519'] } },
};

async function addKeys(realm: TestRealm, wanted: readonly (keyof typeof PROVIDERS)[]): Promise<void> {
  for (const name of wanted) {
    const { providerId, config } = PROVIDERS[name];
    const providerType = 'org.keycloak.keys.KeyProvider';
    await realm.admin('POST', '/components', {
      name,
      providerId,
      providerType,
      config: { ...config, priority: ['50'] },
    });
  }
}
const setDefault = (realm: TestRealm, defaultSignatureAlgorithm: string) =>
  realm.admin('PUT', '', { defaultSignatureAlgorithm });

async function setAttributes(realm: TestRealm, clientId: string, attributes: Record<string, string>): Promise<void> {
  const [found] = (await realm.admin('GET', `/clients?clientId=${clientId}`)).body as [
    { id: string; attributes: Record<string, string> },
  ];
  await realm.admin('PUT', `/clients/${found.id}`, { ...found, attributes: { ...found.attributes, ...attributes } });
}

describe('a realm that signs otherwise than with RS256', () => {
  let service: SignInService;
  beforeAll(async () => {
    service = await startSignInService();
    await addKeys(service.realm, Object.keys(PROVIDERS) as (keyof typeof PROVIDERS)[]);
  });
  afterAll(() => service?.close());
  const { me, signIn } = browsingAt(() => service);

  async function works(idTokens: string, accessTokens: string): Promise<void> {
    const { realm, client, identityProvider, app, userId } = service;
    const browser = createBrowser();
    await signIn(browser);
    await expect(me(browser)).resolves.toMatchObject({ status: 200 });
    const [session] = await app.sessions.list(userId);
    expect(partsOf(session?.idToken ?? '').header.alg).toBe(idTokens);

    const tokens = await requestToken(realm.url, {
      grant_type: 'password',
      client_id: client.clientId,
      client_secret: client.clientSecret,
      username: EMAIL,
      password: PASSWORD,
    });
    const accessToken = String(tokens.access_token);
    expect(partsOf(accessToken).header.alg).toBe(accessTokens);
    await expect(identityProvider.verifyAccessToken(accessToken)).resolves.toMatchObject({ userId });

    // Its logout token has to be believed too.
    await realm.admin('POST', `/users/${userId}/logout`);
    await expect.poll(async () => (await me(browser)).status).toBe(401);
  }

  it.each(Object.keys(PROVIDERS))('signs people in and out, and its tokens count: %s', async (algorithm) => {
    const { realm, client, identityProvider } = service;
    await setDefault(realm, algorithm);
    await works(algorithm, algorithm);
    const caller = await realm.createConfidentialClient();
    await realm.grantClientRoles(caller.clientId, client.clientId, ['byok-admin']);
    const token = await realm.serviceToken(caller);
    expect(partsOf(token).header.alg).toBe(algorithm);
    await expect(identityProvider.verifyServiceToken(token)).resolves.toMatchObject({
      caller: { id: caller.clientId },
    });
  });

  it('may have a client that signs otherwise than the realm', async () => {
    const { realm, client } = service;
    await setDefault(realm, 'RS256');
    const own = { 'id.token.signed.response.alg': 'PS512', 'access.token.signed.response.alg': 'ES384' };
    await setAttributes(realm, client.clientId, own);
    await works('PS512', 'ES384');
  });

  it('signs nobody in with a secret that our own client knows', async () => {
    const { realm, client, identityProvider } = service;
    await setAttributes(realm, client.clientId, {
      'id.token.signed.response.alg': 'HS256',
      'access.token.signed.response.alg': 'HS512',
    });
    const browser = createBrowser();
    await expect(signIn(browser)).resolves.toMatchObject({ status: 400 });
    await expect(me(browser)).resolves.toMatchObject({ status: 401 });
    const tokens = await requestToken(realm.url, {
      grant_type: 'password',
      client_id: client.clientId,
      client_secret: client.clientSecret,
      username: EMAIL,
      password: PASSWORD,
    });
    await expect(identityProvider.verifyAccessToken(String(tokens.access_token))).rejects.toMatchObject({
      status: 401,
    });
  });
});

describe('doctor, without an administrator’s password', () => {
  let service: KeycloakService;
  beforeAll(async () => {
    service = await startKeycloakService();
    await addKeys(service.realm, ['ES256']);
  });
  afterAll(() => service?.stop());

  const diagnose = async (): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor'], {
      env: { PATH: process.env.PATH, ...service.env },
    }).catch((error: { stdout: string }) => error);
    return stdout.split('\n').filter((line) => /signature|signed|encrypted/.test(line));
  };

  it('says with what the realm signs, having tried it', async () => {
    await setDefault(service.realm, 'ES256');
    await expect(diagnose()).resolves.toEqual(['✓ Keycloak: its tokens are signed with ES256, and believed']);
  });

  it.each([
    [
      'an ID token signed with a secret',
      { 'id.token.signed.response.alg': 'HS256' },
      /^✗ Keycloak: the ID token of .*HS256.*nobody can sign in/,
    ],
    [
      'an access token signed with a secret',
      { 'access.token.signed.response.alg': 'HS512' },
      /^✗ Keycloak: the access token of .*HS512.*refused/,
    ],
  ])('says what to set for %s', async (_what, attributes, sentence) => {
    await setAttributes(service.realm, CLIENT.clientId, attributes);
    await expect(diagnose()).resolves.toEqual([expect.stringMatching(sentence)]);
    await setAttributes(
      service.realm,
      CLIENT.clientId,
      Object.fromEntries(Object.keys(attributes).map((name) => [name, ''])),
    );
  });
});

describe.each(['Mein Bereich ü-', "it's 日本-"])('a realm called “%s…”', (realmName) => {
  let service: SignInService;
  beforeAll(async () => {
    service = await startSignInService({ realmName });
  });
  afterAll(() => service?.close());
  const { me, signIn } = browsingAt(() => service);

  it('signs people in and out, here and there', async () => {
    const browser = createBrowser();
    await expect(signIn(browser, '/auth/me')).resolves.toMatchObject({ status: 200 });
    const out = await browser.visit(`${service.root}/auth/logout`, { method: 'POST' });
    expect(out.status).toBe(200);
    expect(out.trail.some((url) => url.startsWith(`${service.realm.url}/protocol/openid-connect/logout?`))).toBe(true);
    const other = createBrowser();
    await signIn(other);
    await service.realm.admin('POST', `/users/${service.userId}/logout`);
    await expect.poll(async () => (await me(other)).status).toBe(401);
  });
});
