import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCsrfGuard } from '../../src/http/csrf.ts';
import type { IdentityProvider } from '../../src/sessions/identity-provider.ts';
import type { ByokError } from '../../src/shared/errors.ts';
import { someone } from '../sessions/session-store-under-test.ts';
import { buildAuthApp } from '../support/service/auth-app.ts';

const PUBLIC = 'https://ops.example.com';
const FOREIGN = 'https://evil.example';

/** What browsers and programs send, and whether a write with a cookie may pass. */
const COMBINATIONS: [string, Record<string, string>, boolean][] = [
  ['neither header, as curl', {}, true],
  ['our page', { 'sec-fetch-site': 'same-origin', origin: PUBLIC }, true],
  ['our page, without Origin', { 'sec-fetch-site': 'same-origin' }, true],
  ['the person, from the address bar', { 'sec-fetch-site': 'none' }, true],
  ['another site', { 'sec-fetch-site': 'cross-site', origin: FOREIGN }, false],
  ['another site, without Origin', { 'sec-fetch-site': 'cross-site' }, false],
  ['a sibling of ours', { 'sec-fetch-site': 'same-site', origin: 'https://other.example.com' }, false],
  ['a sibling of ours that names us as the origin', { 'sec-fetch-site': 'same-site', origin: PUBLIC }, false],
  ['an unknown word', { 'sec-fetch-site': 'yes' }, false],
  ['two words', { 'sec-fetch-site': 'same-origin, cross-site' }, false],
  ['an empty word', { 'sec-fetch-site': '' }, false],
  ['an old browser on our page', { origin: PUBLIC }, true],
  [
    'an old browser on our page, by the address that it used',
    { origin: 'http://10.0.0.5:8084', host: '10.0.0.5:8084' },
    true,
  ],
  ['an old browser on another site', { origin: FOREIGN }, false],
  ['an old browser on a sandboxed page', { origin: 'null' }, false],
  ['an old browser on our host over plain HTTP', { origin: 'http://ops.example.com' }, false],
  ['an old browser on another port of ours', { origin: `${PUBLIC}:8443` }, false],
  ['a site whose name begins with ours', { origin: `${PUBLIC}.evil.example` }, false],
  ['our address with a path', { origin: `${PUBLIC}/` }, false],
  ['an empty Origin', { origin: '' }, false],
];

const from = (headers: Record<string, string>, method = 'POST') =>
  ({ method, headers, host: 'ops.example.com', protocol: 'https', principal: { via: 'platform' } }) as never;

const identityProvider = {
  logoutUrl: async () => 'https://auth.example.com/logout',
  verifyAccessToken: async () => ({ userId: 'u', email: undefined, name: undefined, roles: [] }),
} as unknown as IdentityProvider;

describe('the guard against requests from other sites', () => {
  let app: Awaited<ReturnType<typeof buildAuthApp>>;
  let cookie: string;
  beforeAll(async () => {
    app = await buildAuthApp({ publicUrl: PUBLIC, identityProvider });
    cookie = `__Host-byok_session=${(await app.sessions.create(someone())).token}`;
  });
  afterAll(() => app?.close());

  it.each(COMBINATIONS)('decides on a write with a cookie from %s', async (_title, headers, allowed) => {
    const answer = await app.inject({ method: 'POST', url: '/echo', headers: { cookie, ...headers } });
    expect(answer.statusCode).toBe(allowed ? 200 : 403);
    if (!allowed) expect(answer.json()).toMatchObject({ code: 'cross_site_request' });
  });

  it.each(COMBINATIONS)(
    'decides on signing out from %s, and ends nothing when it refuses',
    async (_title, headers, allowed) => {
      const { token } = await app.sessions.create(someone());
      const own = { cookie: `__Host-byok_session=${token}`, ...headers };
      const answer = await app.inject({ method: 'POST', url: '/auth/logout', headers: own });
      expect(answer.statusCode).toBe(allowed ? 200 : 403);
      expect((await app.sessions.find(token)) === undefined).toBe(allowed);
    },
  );

  it.each(COMBINATIONS)('decides on ending sessions from %s', async (_title, headers, allowed) => {
    const { token, session } = await app.sessions.create(someone());
    const own = { cookie: `__Host-byok_session=${token}`, ...headers };
    const answer = await app.inject({ method: 'DELETE', url: `/auth/sessions/${session.id}`, headers: own });
    expect(answer.statusCode).toBe(allowed ? 200 : 403);
    expect((await app.sessions.find(token)) === undefined).toBe(allowed);
  });

  it('lets every read pass, and every write with a bearer token', async () => {
    for (const [title, headers] of COMBINATIONS) {
      const read = await app.inject({ method: 'GET', url: '/echo', headers: { cookie, ...headers } });
      expect(read.statusCode, title).toBe(200);
      const authorization = 'Bearer token';
      const write = await app.inject({ method: 'POST', url: '/echo', headers: { cookie, authorization, ...headers } });
      expect(write.statusCode, title).toBe(200);
    }
  });

  it('does not take another scheme for a bearer token', async () => {
    for (const [title, headers, allowed] of COMBINATIONS) {
      const basic = { cookie, authorization: 'Basic dTpw', ...headers };
      const answer = await app.inject({ method: 'POST', url: '/echo', headers: basic });
      expect(answer.statusCode, title).toBe(allowed ? 200 : 403);
    }
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('guards %s', (method) => {
    const done = vi.fn();
    createCsrfGuard({ publicUrl: PUBLIC })(from({ 'sec-fetch-site': 'cross-site' }, method), {} as never, done);
    expect(done).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'cross_site_request' }));
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('lets %s pass: it changes nothing', (method) => {
    const done = vi.fn();
    createCsrfGuard({ publicUrl: PUBLIC })(from({ 'sec-fetch-site': 'cross-site' }, method), {} as never, done);
    expect(done).toHaveBeenCalledExactlyOnceWith(undefined);
  });

  it.each([
    ['Sec-Fetch-Site', { 'sec-fetch-site': 'a-secret', origin: FOREIGN }],
    ['Origin', { origin: 'https://a-secret.example' }],
  ])('says for the log that it went by %s, and nothing of what it says', (name, headers) => {
    const done = vi.fn();
    createCsrfGuard({ publicUrl: PUBLIC })(from(headers), {} as never, done);
    const [error] = done.mock.calls[0] as [ByokError];
    expect(error.message).toContain(`refused for its ${name}`);
    expect(JSON.stringify([error.message, error.detail, error.extras])).not.toContain('a-secret');
  });
});
