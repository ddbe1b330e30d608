// Each check of an access token alone, of a person and of a service: everything else about the token is right.
import type { JWTPayload } from 'jose';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CLIENT_ID, createSigner, ISSUER, personClaims, secondsNow } from './signed-tokens.ts';

const refused = { code: 'not_authenticated', status: 401 };
const unavailable = { code: 'directory_unavailable', status: 503 };

let signer: Awaited<ReturnType<typeof createSigner>>;
beforeAll(async () => {
  signer = await createSigner();
});
afterEach(() => void vi.useRealTimers());

const ofPerson = (): JWTPayload => ({
  ...personClaims(),
  email: 'ada@example.com',
  name: 'Ada Example',
  resource_access: { [CLIENT_ID]: { roles: ['byok-admin'] }, account: { roles: ['manage-account'] } },
});
const ofService = (): JWTPayload => ({
  iss: ISSUER,
  iat: secondsNow(),
  exp: secondsNow() + 120,
  aud: CLIENT_ID,
  azp: 'gateway',
  client_id: 'gateway',
  typ: 'Bearer',
  sub: 'account-1',
  resource_access: { [CLIENT_ID]: { roles: ['byok-resolve', 'byok-admin'] } },
});
const person = (changes: object = {}, options: Parameters<typeof signer.sign>[1] = {}) =>
  signer.sign({ ...ofPerson(), ...changes }, options);
const service = (changes: object = {}, options: Parameters<typeof signer.sign>[1] = {}) =>
  signer.sign({ ...ofService(), ...changes }, options);

type Check = ReturnType<typeof signer.verifier>;
const KINDS = [
  ['a person', person, (check: Check, token: string) => check.verifyAccessToken(token)],
  ['a service', service, (check: Check, token: string) => check.verifyServiceToken(token)],
] as const;

/** A verifier that counts how often it looks at the realm. */
function counting() {
  const asked = { realm: 0, keys: 0 };
  const check = signer.verifier({
    async realm() {
      asked.realm += 1;
      return signer.realm;
    },
    async fetch() {
      asked.keys += 1;
      return Response.json({ keys: [signer.publicKey] });
    },
  });
  return { check, asked };
}

it('a person’s token says who it is, with the roles at this client', async () => {
  await expect(signer.verifier().verifyAccessToken(await person())).resolves.toEqual({
    userId: 'user-1',
    email: 'ada@example.com',
    name: 'Ada Example',
    roles: ['byok-admin'],
  });
  for (const resource_access of [undefined, {}, { account: { roles: ['byok-admin'] } }, { [CLIENT_ID]: {} }, 'x'])
    await expect(signer.verifier().verifyAccessToken(await person({ resource_access }))).resolves.toMatchObject({
      roles: [],
    });
});

it('a service’s token says which one it is, with the scopes of its roles at this client, and until when', async () => {
  const claims = ofService();
  await expect(signer.verifier().verifyServiceToken(await signer.sign(claims))).resolves.toEqual({
    caller: { kind: 'service', id: 'gateway', scopes: new Set(['resolve']), providers: undefined },
    until: Number(claims.exp) * 1000,
  });
});

it('a service’s token counts for this service alone', async () => {
  for (const aud of [undefined, 'account', [], ['other'], `${CLIENT_ID}-2`])
    await expect(signer.verifier().verifyServiceToken(await service({ aud }))).rejects.toMatchObject(refused);
  await expect(signer.verifier().verifyServiceToken(await service({ aud: ['x', CLIENT_ID] }))).resolves.toBeDefined();
});

describe.each(KINDS)('a token of %s', (_whose, token, verify) => {
  it.each<[string, () => object]>([
    ['another issuer', () => ({ iss: 'https://auth.example.test/realms/other' })],
    ['no issuer', () => ({ iss: undefined })],
    ['no end', () => ({ exp: undefined })],
    ['an end that is past', () => ({ exp: secondsNow() - 6 })],
    ['no beginning', () => ({ iat: undefined })],
    ['a beginning to come', () => ({ nbf: secondsNow() + 60 })],
    ['no subject', () => ({ sub: undefined })],
    ['another type', () => ({ typ: 'ID' })],
    ['a key that its holder has to prove', () => ({ cnf: { jkt: 'x' } })],
  ])('is refused for %s alone', async (_what, changes) => {
    await expect(verify(signer.verifier(), await token(changes()))).rejects.toMatchObject(refused);
  });

  it('is refused for the signature of another key, and for an algorithm that the realm does not offer', async () => {
    const forged = await token({}, { key: signer.foreignKey });
    await expect(verify(signer.verifier(), forged)).rejects.toMatchObject(refused);
    const other = signer.verifier({ realm: async () => ({ ...signer.realm, algorithms: ['RS256', 'ES384'] }) });
    await expect(verify(other, await token())).rejects.toMatchObject(refused);
  });

  it('may have ended five seconds ago, by a clock that goes wrong', async () => {
    await expect(verify(signer.verifier(), await token({ exp: secondsNow() - 3 }))).resolves.toBeDefined();
  });

  it('that is no token, or longer than any of Keycloak’s, is refused', async () => {
    const { check, asked } = counting();
    const long = await token({ padding: 'x'.repeat(20_000) });
    await expect(verify(check, long)).rejects.toMatchObject({ ...refused, message: 'token refused: token too long' });
    expect(asked.realm).toBe(0);
    await expect(verify(check, await token({ padding: 'x'.repeat(9_000) }))).resolves.toBeDefined();
    for (const text of ['', 'x', '..', 'a.b.c', 'é.é.é'])
      await expect(verify(check, text)).rejects.toMatchObject(refused);
    // Up to there it is looked at.
    const reason = async (length: number) => String(await verify(check, 'x'.repeat(length)).catch((error) => error));
    expect(await reason(16_384)).not.toContain('too long');
    expect(await reason(16_385)).toContain('too long');
  });

  it('is not called wrong while the realm or its keys cannot be read', async () => {
    const answers: (() => Promise<Response>)[] = [
      async () => Response.json({ keys: 'none' }),
      async () => new Response('<html>', { status: 200 }),
      async () => new Response('', { status: 500 }),
      async () => Promise.reject(new TypeError('fetch failed')),
    ];
    for (const fetch of answers)
      await expect(verify(signer.verifier({ fetch }), await token())).rejects.toMatchObject({
        ...unavailable,
        message: 'Keycloak did not answer with its keys (call: sign-in)',
      });
  });

  it('is taken again as soon as the realm says where its keys are', async () => {
    let jwks = 'no address';
    const check = signer.verifier({ realm: async () => ({ ...signer.realm, jwks }) });
    await expect(verify(check, await token())).rejects.toThrow();
    jwks = signer.realm.jwks;
    await expect(verify(check, await token())).resolves.toBeDefined();
  });

  it('is refused, and the realm not blamed, where its keys have none for the token', async () => {
    const { publicKey, otherPublicKey } = signer;
    const two = [publicKey, { ...otherPublicKey, kid: 'two', alg: 'ES256', use: 'sig' }];
    for (const [keys, header] of [
      [[publicKey], { kid: 'another' }],
      [[], {}],
      // Which of the two is meant, nobody can say.
      [two, { kid: undefined }],
      [[{ kty: 'oct', k: 'AAAA', kid: 'one' }], {}],
    ] as const) {
      const check = signer.verifier({ fetch: async () => Response.json({ keys }) });
      await expect(verify(check, await token({}, { header })), JSON.stringify(keys)).rejects.toMatchObject(refused);
    }
  });
});

describe('a person’s token that is known', () => {
  it('is not checked again until it ends, and then it is, though the keys are those of before', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: secondsNow() * 1000 });
    const { check, asked } = counting();
    const token = await person();
    const found = await check.verifyAccessToken(token);
    vi.advanceTimersByTime(119_999);
    expect(await check.verifyAccessToken(token)).toBe(found);
    expect(asked.realm).toBe(2);
    vi.advanceTimersByTime(1);
    expect(await check.verifyAccessToken(token)).not.toBe(found);
    vi.advanceTimersByTime(8_000);
    await expect(check.verifyAccessToken(token)).rejects.toMatchObject(refused);
  });

  it('is that token alone', async () => {
    const { check } = counting();
    const token = await person();
    await check.verifyAccessToken(token);
    for (const other of [token.slice(0, -1), await person({}, { key: signer.foreignKey })])
      await expect(check.verifyAccessToken(other)).rejects.toMatchObject(refused);
  });
});

describe('the keys of the realm', () => {
  it('are read once for all tokens that come at once, and kept', async () => {
    const { check, asked } = counting();
    const tokens = await Promise.all([person(), person({ sub: 'user-2' }), person({ sub: 'user-3' })]);
    await Promise.all(tokens.map((token) => check.verifyAccessToken(token)));
    await check.verifyAccessToken(await person({ sub: 'user-4' }));
    expect(asked.keys).toBe(1);
  });

  it('are read again for a key that is not known, at most once in five seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    const { check, asked } = counting();
    await check.verifyAccessToken(await person());
    const unknown = { header: { kid: 'another' } };
    for (const [wait, keys] of [
      [0, 1],
      [4_900, 1],
      [200, 2],
      [1_000, 2],
    ] as const) {
      vi.advanceTimersByTime(wait);
      await expect(check.verifyAccessToken(await person({}, unknown))).rejects.toMatchObject(refused);
      expect(asked.keys, `after ${wait} ms more`).toBe(keys);
    }
  });

  it('that could not be read are asked for again after a second, and not before', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    let asked = 0;
    const check = signer.verifier({
      async fetch() {
        asked += 1;
        if (asked < 3) throw new TypeError('fetch failed');
        return Response.json({ keys: [signer.publicKey] });
      },
    });
    const token = await person();
    for (const [wait, calls] of [
      [0, 1],
      [500, 1],
      [499, 1],
      [1, 2],
      [999, 2],
    ] as const) {
      vi.advanceTimersByTime(wait);
      await expect(check.verifyAccessToken(token)).rejects.toMatchObject(unavailable);
      expect(asked, `after ${wait} ms more`).toBe(calls);
    }
    vi.advanceTimersByTime(1);
    await expect(check.verifyAccessToken(token)).resolves.toMatchObject({ userId: 'user-1' });
  });
});
