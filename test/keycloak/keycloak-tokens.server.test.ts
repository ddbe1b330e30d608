import { createPublicKey, type JsonWebKey, randomUUID } from 'node:crypto';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { hmacSigned, partsOf, unsigned, withClaims, withKeyId } from '../support/keycloak/forged-token.ts';
import { requestToken } from '../support/servers/keycloak-admin-api.ts';
import { EMAIL, PASSWORD } from '../support/service/sign-in-service.ts';
import { openTokenRealm, type TokenRealm } from './token-realm.ts';

const refused = { code: 'not_authenticated', status: 401 };
const unavailable = { code: 'directory_unavailable', status: 503 };

describe('tokens of Keycloak', () => {
  let world: TokenRealm;
  let realm: TokenRealm['realm'];
  let client: TokenRealm['client'];
  let userId: TokenRealm['userId'];
  let tokens: TokenRealm['tokens'];
  beforeAll(async () => {
    world = await openTokenRealm();
    ({ realm, client, userId, tokens } = world);
  });
  afterAll(() => world?.close());
  afterEach(() => void vi.useRealTimers());

  it('says who a token of ours belongs to', async () => {
    await expect(world.verifier().verifyAccessToken(tokens.access_token)).resolves.toEqual({
      userId,
      email: EMAIL,
      name: 'Ada Example',
      roles: [],
    });
  });

  it('takes the token of another client that may and names us in its audience, and not its roles elsewhere', async () => {
    const other = await world.passwordClient();
    const [{ id }] = (await realm.admin('GET', `/clients?clientId=${other.clientId}`)).body as [{ id: string }];
    await realm.admin('POST', `/clients/${id}/protocol-mappers/models`, {
      name: 'audience',
      protocol: 'openid-connect',
      protocolMapper: 'oidc-audience-mapper',
      config: { 'included.client.audience': client.clientId, 'access.token.claim': 'true' },
    });
    const { access_token } = await world.signIn(other);
    expect(partsOf(access_token).claims.aud).toContain(client.clientId);
    const allowed = world.verifier({ allowedClients: ['another', other.clientId] });
    await expect(allowed.verifyAccessToken(access_token)).resolves.toMatchObject({ userId, roles: [] });
    const seen: string[] = [];
    const check = world.verifier({ onRefusedClient: (azp) => void seen.push(azp) });
    await expect(check.verifyAccessToken(access_token)).rejects.toMatchObject(refused);
    expect(seen).toEqual([other.clientId]);
  });

  it('refuses the token of another client', async () => {
    const { access_token } = await world.signIn(await world.passwordClient());
    await expect(world.verifier().verifyAccessToken(access_token)).rejects.toMatchObject(refused);
    await expect(world.verifier().verifyAccessToken(await realm.userToken(EMAIL, PASSWORD))).rejects.toMatchObject(
      refused,
    );
  });

  it.each(['id_token', 'refresh_token'] as const)('refuses an %s', async (kind) => {
    expect(partsOf(tokens[kind]).claims.azp).toBe(client.clientId);
    await expect(world.verifier().verifyAccessToken(tokens[kind])).rejects.toMatchObject(refused);
  });

  it('refuses a service account: it is not a person', async () => {
    const token = await realm.serviceToken(client);
    expect(partsOf(token).claims).toMatchObject({ azp: client.clientId, typ: 'Bearer' });
    await expect(world.verifier().verifyAccessToken(token)).rejects.toMatchObject(refused);
  });

  it('refuses a service account whose client hides that it is one', async () => {
    const hiding = await realm.createConfidentialClient();
    const [{ id }] = (await realm.admin('GET', `/clients?clientId=${hiding.clientId}`)).body as [{ id: string }];
    const scopes = (await realm.admin('GET', `/clients/${id}/default-client-scopes`)).body as {
      id: string;
      name: string;
    }[];
    for (const scope of scopes.filter(({ name }) => name !== 'basic')) {
      await realm.admin('DELETE', `/clients/${id}/default-client-scopes/${scope.id}`);
    }
    const token = await realm.serviceToken(hiding);
    expect(partsOf(token).claims).not.toHaveProperty('preferred_username');
    expect(partsOf(token).claims).not.toHaveProperty('client_id');
    await expect(world.verifier({ clientId: hiding.clientId }).verifyAccessToken(token)).rejects.toMatchObject(refused);
  });

  it('refuses a token of another realm', async () => {
    const { url, adminUsername, adminPassword } = inject('keycloak');
    const form = { grant_type: 'password', client_id: 'admin-cli', username: adminUsername, password: adminPassword };
    const { access_token } = await requestToken(`${url}/realms/master`, form);
    await expect(
      world.verifier({ clientId: 'admin-cli' }).verifyAccessToken(String(access_token)),
    ).rejects.toMatchObject(refused);
  });

  it('refuses a token of this realm under another name', async () => {
    const other = world.verifier({ issuer: `${realm.url}/` });
    await expect(other.verifyAccessToken(tokens.access_token)).rejects.toMatchObject(refused);
  });

  it('refuses a token that has expired, also one that it knew', async () => {
    const known = world.verifier();
    await known.verifyAccessToken(tokens.access_token);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_606_000 });
    await expect(world.verifier().verifyAccessToken(tokens.access_token)).rejects.toMatchObject(refused);
    await expect(known.verifyAccessToken(tokens.access_token)).rejects.toMatchObject(refused);
  });

  it('refuses every forgery', async () => {
    const { keys } = (await (await request(world.certificates)).body.json()) as { keys: JsonWebKey[] };
    const { kid } = partsOf(tokens.access_token).header;
    const jwk = keys.find((key) => 'kid' in key && key.kid === kid) ?? {};
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    const genuine = tokens.access_token;
    const forgeries = {
      'without a signature': unsigned(genuine),
      'without a signature, in capitals': unsigned(genuine, 'NONE'),
      'with an empty signature': unsigned(genuine, 'RS256'),
      'signed with the public key as a secret': hmacSigned(genuine, pem),
      'signed with the modulus as a secret': hmacSigned(genuine, Buffer.from(jwk.n ?? '', 'base64url')),
      'signed with the client secret': hmacSigned(genuine, client.clientSecret),
      'of another person': withClaims(genuine, { sub: randomUUID() }),
      'with more roles': withClaims(genuine, { resource_access: { [client.clientId]: { roles: ['byok-admin'] } } }),
      'with a later end': withClaims(genuine, { exp: 4_102_444_800 }),
      'naming another key': withKeyId(genuine, randomUUID()),
      'cut short': genuine.slice(0, -4),
      'with more after it': `${genuine}.x`,
      'that is no token': 'token',
      'that is nothing': '',
      'that is dots': '..',
      'without end': `${genuine}${'A'.repeat(20_000)}`,
    };
    const check = world.verifier();
    await check.verifyAccessToken(genuine);
    for (const [how, token] of Object.entries(forgeries)) {
      await expect(check.verifyAccessToken(token), how).rejects.toMatchObject(refused);
    }
  });

  it('asks for keys at most once in 5 s, however many tokens name unknown ones', async () => {
    const { counter, fetch } = world.countingFetch();
    const check = world.verifier({ fetch });
    const flood = () =>
      Promise.all(
        Array.from({ length: 300 }, () =>
          expect(check.verifyAccessToken(withKeyId(tokens.access_token, randomUUID()))).rejects.toMatchObject(refused),
        ),
      );
    await flood();
    await flood();
    expect(counter.calls).toBe(1);
    await expect(check.verifyAccessToken(tokens.access_token)).resolves.toMatchObject({ userId });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5_500 });
    await flood();
    expect(counter.calls).toBe(2);
  });

  it('finds a new key of the realm by itself', async () => {
    const check = world.verifier();
    await check.verifyAccessToken(tokens.access_token);
    await realm.admin('POST', '/components', {
      name: 'newer',
      providerId: 'rsa-generated',
      providerType: 'org.keycloak.keys.KeyProvider',
      config: { priority: ['200'], algorithm: ['RS256'] },
    });
    const { access_token } = await world.signIn(client);
    expect(partsOf(access_token).header.kid).not.toBe(partsOf(tokens.access_token).header.kid);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5_500 });
    await expect(check.verifyAccessToken(access_token)).resolves.toMatchObject({ userId });
  });

  it('does not call a token wrong while the realm’s keys cannot be read, and recovers', async () => {
    const { proxy, check } = await world.behindProxy();
    await proxy.cut();
    await expect(check.verifyAccessToken(tokens.access_token)).rejects.toMatchObject(unavailable);
    await proxy.restore();
    const answer = () => check.verifyAccessToken(tokens.access_token).catch((error: unknown) => error);
    await expect.poll(answer, { timeout: 10_000 }).toMatchObject({ userId });
    await proxy.close();
  });

  it('checks a signature once: a token it knows passes while the keys are out of reach', async () => {
    const { proxy, check } = await world.behindProxy();
    await check.verifyAccessToken(tokens.access_token);
    const { access_token: unseen } = await world.signIn(client);
    await proxy.cut();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11 * 60_000 });
    await expect(check.verifyAccessToken(tokens.access_token)).resolves.toMatchObject({ userId });
    await expect(check.verifyAccessToken(unseen)).rejects.toMatchObject(unavailable);
    await proxy.close();
  });

  describe('that end sessions', () => {
    const invalid = { code: 'invalid_request', status: 400 };

    it('are accepted once', async () => {
      const { token, by } = await world.logoutToken();
      const check = world.verifier(by);
      const { sid } = partsOf(token).claims;
      await expect(check.verifyLogoutToken(token)).resolves.toEqual({ providerSessionId: sid, userId });
      await expect(check.verifyLogoutToken(token)).rejects.toMatchObject(invalid);
    });

    it('may name the person only', async () => {
      const { token, by } = await world.logoutToken({ 'backchannel.logout.session.required': 'false' });
      expect(partsOf(token).claims).not.toHaveProperty('sid');
      await expect(world.verifier(by).verifyLogoutToken(token)).resolves.toEqual({
        providerSessionId: undefined,
        userId,
      });
    });

    it('are refused when they are another client’s, of another issuer, old, forged, or another kind of token', async () => {
      const { token, by } = await world.logoutToken();
      const check = world.verifier(by);
      await expect(world.verifier().verifyLogoutToken(token)).rejects.toMatchObject(invalid);
      await expect(
        world.verifier({ ...by, issuer: 'https://elsewhere.example' }).verifyLogoutToken(token),
      ).rejects.toMatchObject(invalid);
      const { access_token, id_token } = await world.signIn(by);
      const forgeries = [unsigned(token), hmacSigned(token, by.clientSecret), withClaims(token, { sub: 'x' }), 'x'];
      for (const other of [access_token, id_token, ...forgeries]) {
        await expect(check.verifyLogoutToken(other)).rejects.toMatchObject(invalid);
      }
      await expect(check.verifyAccessToken(token)).rejects.toMatchObject(refused);
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 });
      await expect(check.verifyLogoutToken(token)).rejects.toMatchObject(invalid);
    });
  });
});
