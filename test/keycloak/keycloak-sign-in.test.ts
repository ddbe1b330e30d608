// Each check of a sign-in alone, with answers that a Keycloak does not give unless somebody changes them on the way.
import { MockAgent } from 'undici';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeycloakIdentityProvider } from '../../src/keycloak/keycloak-identity-provider.ts';
import { documentOf, URLS } from './realm-document.ts';
import { CLIENT_ID, createSigner, ISSUER, personClaims, secondsNow } from './signed-tokens.ts';

const CALLBACK = 'https://keys.example.test/auth/callback';
const KEPT = { state: 'state-1', nonce: 'nonce-1', codeVerifier: 'v'.repeat(43) };
const PATH = '/realms/people/protocol/openid-connect';
const JSON_TYPE = { 'content-type': 'application/json' };
const failed = { code: 'sign_in_failed', status: 400 };
const unavailable = { code: 'directory_unavailable', status: 503 };
const misconfigured = { code: 'directory_misconfigured', status: 503 };

interface Answer {
  status: number;
  body: string | object;
  headers: Record<string, string>;
}

let signer: Awaited<ReturnType<typeof createSigner>>;
beforeAll(async () => {
  signer = await createSigner();
});

let secret: string;
let requests: { readonly form: URLSearchParams; readonly authorization: string }[];
/** Of the token endpoint. */
let answer: Answer;
let document: Record<string, unknown>;
let provider: ReturnType<typeof createKeycloakIdentityProvider>;
beforeEach(async () => {
  secret = 'secret-1';
  requests = [];
  answer = { status: 200, body: await tokens(), headers: JSON_TYPE };
  document = documentOf('people', {
    id_token_signing_alg_values_supported: ['ES256'],
    authorization_response_iss_parameter_supported: true,
  });
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  const keycloak = dispatcher.get(URLS.url);
  keycloak
    .intercept({ path: '/realms/people/.well-known/openid-configuration' })
    .reply(200, () => document, { headers: JSON_TYPE })
    .persist();
  keycloak.intercept({ path: `${PATH}/certs` }).reply(200, { keys: [signer.publicKey] }, { headers: JSON_TYPE });
  keycloak
    .intercept({ path: `${PATH}/token`, method: 'POST' })
    .reply(({ body, headers }) => {
      const authorization = new Headers(headers as Record<string, string>).get('authorization');
      requests.push({ form: new URLSearchParams(String(body)), authorization: String(authorization) });
      return { statusCode: answer.status, data: answer.body, responseOptions: { headers: answer.headers } };
    })
    .persist();
  provider = createKeycloakIdentityProvider({
    ...URLS,
    realm: 'people',
    clientId: CLIENT_ID,
    clientSecret: () => secret,
    allowedClients: [],
    onRefusedClient: () => undefined,
    dispatcher,
    timeoutMs: 5_000,
    redirectUri: CALLBACK,
  });
});

async function tokens(claims: object = {}, access: object | string = {}) {
  const idToken = await signer.sign({
    iss: ISSUER,
    aud: CLIENT_ID,
    sub: 'user-1',
    iat: secondsNow(),
    exp: secondsNow() + 60,
    nonce: KEPT.nonce,
    sid: 'session-1',
    email: 'ada@example.com',
    name: 'Ada Example',
    ...claims,
  });
  const accessToken =
    typeof access === 'string'
      ? access
      : await signer.sign({ resource_access: { [CLIENT_ID]: { roles: ['byok-admin'] } }, ...access });
  return { access_token: accessToken, id_token: idToken, token_type: 'Bearer', expires_in: 60 };
}
const finish = (query: Record<string, string> = {}) => {
  const all = { state: KEPT.state, iss: ISSUER, code: 'code-1', ...query };
  return provider.finishSignIn(new URL(`${CALLBACK}?${new URLSearchParams(all)}`), KEPT);
};

describe('a sign-in', () => {
  it('begins at the public address, with what ties the answer to it', async () => {
    const { url, state, nonce, codeVerifier } = await provider.startSignIn();
    const { origin, pathname, searchParams } = new URL(url);
    expect(`${origin}${pathname}`).toBe(`https://auth.example.test${PATH}/auth`);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      client_id: CLIENT_ID,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    expect(url).not.toContain(codeVerifier);
    expect(await provider.startSignIn()).not.toMatchObject({ state });
  });

  it('says who it is, with the roles at this client', async () => {
    await expect(finish()).resolves.toEqual({
      userId: 'user-1',
      email: 'ada@example.com',
      name: 'Ada Example',
      roles: ['byok-admin'],
      providerSessionId: 'session-1',
      idToken: (answer.body as { id_token: string }).id_token,
    });
  });

  it.each<[string, object | string]>([
    ['another client’s roles', { resource_access: { account: { roles: ['byok-admin'] } } }],
    ['no roles', { resource_access: undefined }],
    ['an access token that is not to be read', 'opaque'],
  ])('says who it is, without roles, with %s', async (_what, access) => {
    answer.body = await tokens({}, access);
    await expect(finish()).resolves.toMatchObject({ userId: 'user-1', roles: [] });
  });

  it('leaves out what is empty, or no text', async () => {
    answer.body = await tokens({ email: '', name: 7, sid: undefined });
    await expect(finish()).resolves.toMatchObject({ email: undefined, name: undefined, providerSessionId: undefined });
  });

  it('shows the code once, with its proof and the secret as it is then', async () => {
    await finish();
    secret = 'secret-2';
    await finish();
    const [first, second] = requests;
    expect(Object.fromEntries(first?.form ?? [])).toMatchObject({
      grant_type: 'authorization_code',
      code: 'code-1',
      code_verifier: KEPT.codeVerifier,
      redirect_uri: CALLBACK,
    });
    const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
    expect([first?.authorization, second?.authorization].map((one) => decodeURIComponent(String(one)))).toEqual([
      basic(`${CLIENT_ID.replace('-', '%2D')}:secret%2D1`),
      basic(`${CLIENT_ID.replace('-', '%2D')}:secret%2D2`),
    ]);
  });
});

describe('a sign-in is refused alone for', () => {
  it.each<[string, () => object]>([
    ['another nonce', () => ({ nonce: 'nonce-2' })],
    ['no nonce', () => ({ nonce: undefined })],
    ['another issuer', () => ({ iss: 'https://auth.example.test/realms/other' })],
    ['another audience', () => ({ aud: 'other' })],
    ['an end that is past', () => ({ exp: secondsNow() - 60 })],
    ['no person', () => ({ sub: undefined })],
  ])('%s in its ID token', async (_what, claims) => {
    answer.body = await tokens(claims());
    await expect(finish()).rejects.toMatchObject(failed);
  });

  it.each<[string, Record<string, string>]>([
    ['another state', { state: 'state-2' }],
    ['another issuer', { iss: 'https://auth.example.test/realms/other' }],
    ['an error', { error: 'access_denied' }],
  ])('%s in its callback, and the code is not shown', async (_what, query) => {
    await expect(finish(query)).rejects.toMatchObject(failed);
    expect(requests).toEqual([]);
  });

  it('an ID token signed by an algorithm that the realm does not offer', async () => {
    document.id_token_signing_alg_values_supported = ['RS256'];
    await expect(finish()).rejects.toMatchObject(failed);
  });

  it('a callback without an issuer, where the realm names it', async () => {
    const url = new URL(`${CALLBACK}?state=${KEPT.state}&code=code-1`);
    await expect(provider.finishSignIn(url, KEPT)).rejects.toMatchObject(failed);
    expect(requests).toEqual([]);
  });

  it('a code that Keycloak refuses, with its word in the log, cut short', async () => {
    answer = {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Code not valid' },
      headers: JSON_TYPE,
    };
    const error = await finish().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ ...failed, message: expect.stringMatching(/^sign-in refused: .{5,200}$/) });
    expect(String(error)).not.toContain('code-1');
  });
});

it('a realm that does not name itself in callbacks is believed without', async () => {
  document.authorization_response_iss_parameter_supported = undefined;
  const url = new URL(`${CALLBACK}?state=${KEPT.state}&code=code-1`);
  await expect(provider.finishSignIn(url, KEPT)).resolves.toMatchObject({ userId: 'user-1' });
});

describe('the person is not blamed', () => {
  it.each([
    ['invalid_client', 401],
    ['unauthorized_client', 400],
  ])('where Keycloak refuses us: %s', async (error, status) => {
    answer = { status, body: { error }, headers: JSON_TYPE };
    const thrown = await finish().catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ ...misconfigured, message: `Keycloak refuses our client: ${error}` });
  });

  it.each<[string, Partial<Answer>]>([
    ['a page in its place', { status: 502, body: '<html>', headers: { 'content-type': 'text/html' } }],
    ['a refusal that is not Keycloak’s', { status: 401, body: '<html>', headers: { 'content-type': 'text/html' } }],
    ['JSON without tokens', { body: { hello: 'world' } }],
    ['an access token without an ID token', { body: { access_token: 'x', token_type: 'Bearer' } }],
    ['an ID token without an access token', { body: { id_token: 'x', token_type: 'Bearer' } }],
  ])('where the token endpoint answers with %s', async (_what, change) => {
    Object.assign(answer, change);
    const message = expect.stringMatching(
      /KEYCLOAK_URL leads to answered \d|than tokens: is KEYCLOAK_URL a Keycloak\?/,
    );
    await expect(finish()).rejects.toMatchObject({ ...unavailable, message });
  });
});

it('reads access tokens by the keys of the same realm, over the same connection', async () => {
  const token = await signer.sign(personClaims());
  await expect(provider.verifyAccessToken(token)).resolves.toMatchObject({ userId: 'user-1' });
});

it.each([
  ['id-token-1', { id_token_hint: 'id-token-1' }],
  [undefined, {}],
])('signing out (with the ID token %s) goes by the public address and comes back', async (idToken, hint) => {
  const url = new URL(await provider.logoutUrl(idToken, 'https://keys.example.test/'));
  expect(`${url.origin}${url.pathname}`).toBe(`https://auth.example.test${PATH}/logout`);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: CLIENT_ID,
    post_logout_redirect_uri: 'https://keys.example.test/',
    ...hint,
  });
});
