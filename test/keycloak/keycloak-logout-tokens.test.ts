// Each check of a logout token alone: everything else about the token is right.
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKeycloakTokens } from '../../src/keycloak/keycloak-tokens.ts';
import { ByokError } from '../../src/shared/errors.ts';

const ISSUER = 'https://auth.example.test/realms/people';
const CLIENT_ID = 'ops-center';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const refused = { code: 'invalid_request', status: 400 };

let privateKey: JWK;
let publicKey: JWK;
let foreignKey: JWK;
beforeAll(async () => {
  const [own, foreign] = await Promise.all([
    generateKeyPair('ES256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
  ]);
  privateKey = await exportJWK(own.privateKey);
  publicKey = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
  foreignKey = await exportJWK(foreign.privateKey);
});
afterEach(() => void vi.useRealTimers());

let count = 0;
const seconds = (): number => Math.floor(Date.now() / 1000);
const good = (): JWTPayload => ({
  iss: ISSUER,
  aud: CLIENT_ID,
  iat: seconds(),
  exp: seconds() + 120,
  jti: `jti-${count++}`,
  events: { [EVENT]: {} },
  sid: 'session-1',
  sub: 'user-1',
});

async function sign(changes: object = {}, { header = {}, key = privateKey }: { header?: object; key?: JWK } = {}) {
  const payload = Object.entries({ ...good(), ...changes }).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(payload))
    .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'logout+jwt', ...header })
    .sign(await importJWK(key, 'ES256'));
}

const verifier = () =>
  createKeycloakTokens({
    clientId: CLIENT_ID,
    allowedClients: [],
    onRefusedClient: () => undefined,
    realm: async () => ({ issuer: ISSUER, jwks: 'https://auth.example.test/certs', algorithms: ['ES256'] }),
    fetch: async () => Response.json({ keys: [publicKey] }),
  });

describe('a logout token', () => {
  it('is believed where everything is right, with the session, the person, or both', async () => {
    const check = verifier();
    const both = { providerSessionId: 'session-1', userId: 'user-1' };
    await expect(check.verifyLogoutToken(await sign())).resolves.toEqual(both);
    await expect(check.verifyLogoutToken(await sign({ aud: ['other', CLIENT_ID] }))).resolves.toEqual(both);
    await expect(check.verifyLogoutToken(await sign({ sub: undefined }))).resolves.toMatchObject({ userId: undefined });
    await expect(check.verifyLogoutToken(await sign({ sid: undefined }))).resolves.toMatchObject({ userId: 'user-1' });
  });

  it.each<[string, object]>([
    ['another issuer', { iss: 'https://auth.example.test/realms/other' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'other' }],
    ['no audience', { aud: undefined }],
    ['no event', { events: undefined }],
    ['another event', { events: { 'http://schemas.openid.net/event/other': {} } }],
    ['an event that is no object', { events: { [EVENT]: true } }],
    ['events in a list', { events: [EVENT] }],
    ['a nonce', { nonce: 'n' }],
    ['an empty nonce', { nonce: '' }],
    ['no time', { iat: undefined }],
    ['a time to come', { iat: seconds() + 60 }],
    ['an old time', { iat: seconds() - 320, exp: seconds() + 60 }],
    ['no end', { exp: undefined }],
    ['an end that is past', { exp: seconds() - 10 }],
    ['no id', { jti: undefined }],
    ['neither session nor person', { sid: undefined, sub: undefined }],
    ['an empty session', { sid: '' }],
    ['an empty person', { sub: '' }],
    ['a session that is no text', { sid: 7 }],
  ])('is refused for %s alone', async (_what, changes) => {
    await expect(verifier().verifyLogoutToken(await sign(changes))).rejects.toMatchObject(refused);
  });

  it.each<[string, object]>([
    ['another type', { typ: 'JWT' }],
    ['the type of access tokens', { typ: 'at+jwt' }],
    ['no type', { typ: undefined }],
  ])('is refused for %s alone', async (_what, header) => {
    await expect(verifier().verifyLogoutToken(await sign({}, { header }))).rejects.toMatchObject(refused);
  });

  it('is refused for a signature of another key alone', async () => {
    await expect(verifier().verifyLogoutToken(await sign({}, { key: foreignKey }))).rejects.toMatchObject(refused);
  });

  it('is refused for an algorithm that the realm does not offer alone', async () => {
    const check = createKeycloakTokens({
      clientId: CLIENT_ID,
      allowedClients: [],
      onRefusedClient: () => undefined,
      realm: async () => ({ issuer: ISSUER, jwks: 'https://auth.example.test/certs', algorithms: ['RS256'] }),
      fetch: async () => Response.json({ keys: [publicKey] }),
    });
    await expect(check.verifyLogoutToken(await sign())).rejects.toMatchObject(refused);
  });

  it('is refused a second time alone, for as long as it could count', async () => {
    const check = verifier();
    const token = await sign({ exp: seconds() + 290 });
    await check.verifyLogoutToken(token);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 280_000 });
    await expect(check.verifyLogoutToken(token)).rejects.toMatchObject(refused);
    await expect(check.verifyLogoutToken(await sign())).resolves.toMatchObject({ userId: 'user-1' });
  });

  it('is not used up by one of the same id that was refused', async () => {
    const check = verifier();
    await expect(check.verifyLogoutToken(await sign({ jti: 'same' }, { key: foreignKey }))).rejects.toMatchObject(
      refused,
    );
    await expect(check.verifyLogoutToken(await sign({ jti: 'same', nonce: 'n' }))).rejects.toMatchObject(refused);
    await expect(check.verifyLogoutToken(await sign({ jti: 'same' }))).resolves.toMatchObject({ userId: 'user-1' });
  });
});

describe('a realm that could not be read', () => {
  it('is read again: one failure is not for ever, and many tokens make one attempt a second', async () => {
    let asked = 0;
    const check = createKeycloakTokens({
      clientId: CLIENT_ID,
      allowedClients: [],
      onRefusedClient: () => undefined,
      async realm() {
        asked += 1;
        if (asked === 1) throw new ByokError('directory_unavailable');
        return { issuer: ISSUER, jwks: 'https://auth.example.test/certs', algorithms: ['ES256'] };
      },
      fetch: async () => Response.json({ keys: [publicKey] }),
    });
    for (let round = 0; round < 20; round += 1)
      await expect(check.verifyLogoutToken(await sign())).rejects.toMatchObject({ code: 'directory_unavailable' });
    expect(asked).toBe(1);
    await expect
      .poll(async () => check.verifyLogoutToken(await sign()).catch((error: unknown) => error))
      .toMatchObject({ userId: 'user-1' });
  });
});
