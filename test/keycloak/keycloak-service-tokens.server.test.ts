// Client-credentials tokens of a real Keycloak, and what must not pass for one.
import { createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { ALGORITHMS } from '../../src/keycloak/keycloak-discovery.ts';
import { createKeycloakFetch } from '../../src/keycloak/keycloak-fetch.ts';
import { createKeycloakTokens } from '../../src/keycloak/keycloak-tokens.ts';
import { createServiceIdentities } from '../../src/services/service-identities.ts';
import { hmacSigned, partsOf, unsigned, withClaims, withKeyId } from '../support/keycloak/forged-token.ts';
import { CLIENT, createReadyRealm } from '../support/keycloak/keycloak-test-realm.ts';
import type { ConfidentialClient, TestRealm } from '../support/keycloak/realm.ts';
import { requestToken } from '../support/servers/keycloak-admin-api.ts';

const refused = { code: 'not_authenticated', status: 401 };

describe('tokens of services', () => {
  let realm: TestRealm;
  let proxy: ConfidentialClient;
  let genuine: string;
  const dispatcher = new Agent();
  const certificates = (): string => `${realm.url}/protocol/openid-connect/certs`;
  const verifier = (clientId: string = CLIENT.clientId) =>
    createKeycloakTokens({
      clientId,
      allowedClients: [],
      onRefusedClient: () => undefined,
      fetch: createKeycloakFetch({ dispatcher, timeoutMs: 10_000 }),
      realm: async () => ({ issuer: realm.url, jwks: certificates(), algorithms: ALGORITHMS }),
    });
  const verify = (token: string) => verifier().verifyServiceToken(token);
  async function serviceWith(...roles: string[]): Promise<ConfidentialClient> {
    const client = await realm.createConfidentialClient({ settings: { directAccessGrantsEnabled: true } });
    if (roles.length > 0) await realm.grantClientRoles(client.clientId, CLIENT.clientId, roles);
    return client;
  }
  const personToken = async (client: ConfidentialClient, username: string) =>
    String(
      (
        await requestToken(realm.url, {
          grant_type: 'password',
          client_id: client.clientId,
          client_secret: client.clientSecret,
          username,
          password: 'a-password',
          scope: 'openid',
        })
      ).access_token,
    );

  beforeAll(async () => {
    realm = await createReadyRealm(inject('keycloak'));
    proxy = await serviceWith('byok-resolve', 'byok-usage');
    genuine = await realm.serviceToken(proxy);
  });
  afterAll(() => dispatcher.destroy());
  afterEach(() => void vi.useRealTimers());

  it('say which client it is, and what its roles at our client allow', async () => {
    const { caller, until } = await verify(genuine);
    expect(caller).toEqual({
      kind: 'service',
      id: proxy.clientId,
      scopes: new Set(['resolve', 'usage']),
      providers: undefined,
    });
    expect(until).toBe(Number(partsOf(genuine).claims.exp) * 1000);
    expect(partsOf(genuine).claims.aud).toContain(CLIENT.clientId);
  });

  it('give no scope for the role of an administrator', async () => {
    const { caller } = await verify(await realm.serviceToken(await serviceWith('byok-admin')));
    expect(caller.scopes).toEqual(new Set());
  });

  it('of a client without a role of ours are not for us, and those of our own client may do nothing', async () => {
    await expect(verify(await realm.serviceToken(await serviceWith()))).rejects.toMatchObject(refused);
    const { caller } = await verify(await realm.serviceToken(CLIENT));
    expect(caller).toMatchObject({ id: CLIENT.clientId, scopes: new Set() });
    await expect(verifier('another-client').verifyServiceToken(genuine)).rejects.toMatchObject(refused);
  });

  it('of a person are none, whatever roles the person has and whatever name', async () => {
    const [{ id }] = (await realm.admin('GET', `/clients?clientId=${CLIENT.clientId}`)).body as [{ id: string }];
    const role = (await realm.admin('GET', `/clients/${id}/roles/byok-resolve`)).body;
    for (const username of ['ada', 'service-account-nobody']) {
      const user = await realm.createUser({ username, email: `${username}@example.com`, password: 'a-password' });
      await realm.admin('POST', `/users/${user}/role-mappings/clients/${id}`, [role]);
      const token = await personToken(proxy, username);
      expect(partsOf(token).claims).toMatchObject({ aud: expect.anything(), azp: proxy.clientId });
      await expect(verify(token)).rejects.toMatchObject(refused);
    }
  });

  it('are no person', async () => {
    await expect(verifier().verifyAccessToken(genuine)).rejects.toMatchObject(refused);
  });

  it('that are forged are refused', async () => {
    const { keys } = (await (await request(certificates())).body.json()) as { keys: JsonWebKey[] };
    const { kid } = partsOf(genuine).header;
    const jwk = keys.find((key) => 'kid' in key && key.kid === kid) ?? {};
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const more = { resource_access: { [CLIENT.clientId]: { roles: ['byok-resolve', 'byok-tier'] } } };
    const forgeries = {
      'without a signature': unsigned(genuine),
      'without a signature, in capitals': unsigned(genuine, 'NONE'),
      'with an empty signature': unsigned(genuine, 'RS256'),
      'signed with the public key as a secret': hmacSigned(genuine, pem),
      'signed with our client secret': hmacSigned(genuine, CLIENT.clientSecret),
      'signed with its client secret': hmacSigned(genuine, proxy.clientSecret),
      'of another service': withClaims(genuine, { azp: 'billing', client_id: 'billing' }),
      'with more roles': withClaims(genuine, more),
      'with a later end': withClaims(genuine, { exp: 4_102_444_800 }),
      'naming another key': withKeyId(genuine, randomUUID()),
      'cut short': genuine.slice(0, -4),
      'that is nothing': '',
      'without end': `${genuine}${'A'.repeat(20_000)}`,
    };
    for (const [how, token] of Object.entries(forgeries))
      await expect(verify(token), how).rejects.toMatchObject(refused);
  });

  it('of another realm or of another kind are refused', async () => {
    const { url, adminUsername, adminPassword } = inject('keycloak');
    const form = { grant_type: 'password', client_id: 'admin-cli', username: adminUsername, password: adminPassword };
    await expect(verify(String((await requestToken(`${url}/realms/master`, form)).access_token))).rejects.toMatchObject(
      refused,
    );
    const tokens = await requestToken(realm.url, {
      grant_type: 'client_credentials',
      client_id: proxy.clientId,
      client_secret: proxy.clientSecret,
      scope: 'openid',
    });
    await expect(verify(String(tokens.id_token))).rejects.toMatchObject(refused);
  });

  it('are remembered until they expire, and not a moment longer', async () => {
    let asked = 0;
    const { verifyServiceToken } = verifier();
    const identities = createServiceIdentities({
      tokens: { findByHash: async () => undefined },
      identityProvider: {
        verifyServiceToken: (token) => {
          asked += 1;
          return verifyServiceToken(token);
        },
      },
    });
    expect(identities.known(genuine)).toBeUndefined();
    await identities.verify(genuine);
    expect(identities.known(genuine)).toMatchObject({ id: proxy.clientId });
    expect(asked).toBe(1);
    const end = Number(partsOf(genuine).claims.exp) * 1000;
    vi.useFakeTimers({ toFake: ['Date'], now: end - 1 });
    expect(identities.known(genuine)).toMatchObject({ id: proxy.clientId });
    vi.setSystemTime(end);
    expect(identities.known(genuine)).toBeUndefined();
    vi.setSystemTime(end + 6_000);
    await expect(identities.verify(genuine)).rejects.toMatchObject(refused);
  });
});
