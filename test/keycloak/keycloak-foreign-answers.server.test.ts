// Answers of whatever is in front of Keycloak: none of them says anything of a user, a secret or a realm.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { createKeycloakIdentityProvider } from '../../src/keycloak/keycloak-identity-provider.ts';
import {
  createKeycloakProxy,
  type Fault,
  isTokenRequest,
  type KeycloakProxy,
} from '../support/keycloak/keycloak-proxy.ts';
import { startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { CLIENT, createReadyRealm, openDirectory } from '../support/keycloak/keycloak-test-realm.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import { mustOpen } from '../users/directory-under-test.ts';

const keycloak = inject('keycloak');
const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;
const CALLBACK = 'http://127.0.0.1:1/auth/callback';
const PASSWORD = 'correct horse battery';
const NO_OTHERS = { allowedClients: [], onRefusedClient: () => undefined };

type Answer = { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };
const html = (status: number): Answer => ({
  status,
  body: `<html><h1>${status}</h1></html>`,
  headers: { 'content-type': 'text/html; charset=utf-8' },
});
const json = (status: number, body: unknown, type = 'application/json'): Answer => ({
  status,
  body: JSON.stringify(body),
  headers: { 'content-type': type },
});
const REDIRECT = { status: 302, headers: { location: 'https://login.example.com/?next=%2F' } };
const FOREIGN: readonly Answer[] = [
  ...[200, 400, 401, 403, 404, 407, 410, 413, 421, 429, 451, 502, 503].map(html),
  ...[401, 403, 404, 429].map((status) => ({ status })),
  ...[301, 303, 307, 308].map((status) => ({ ...REDIRECT, status })),
  REDIRECT,
  { status: 204 },
  json(200, { message: 'ok' }),
  json(401, { message: 'No API key found in request' }),
  json(401, { error: 'invalid_token', error_description: 'The access token is missing' }),
  json(403, { error: { code: 403, message: 'Forbidden' } }),
  json(403, { error: 'Forbidden' }),
  json(404, { error: 'not_found' }),
  json(404, { error: 'Not Found', status: 404, path: '/realms' }),
  json(404, { error: 'HTTP 404 Not Found' }),
  json(404, { error: 'Unable to find matching target resource method' }),
  json(404, { message: 'no Route matched with those values' }),
  json(429, { error: 'invalid_client' }),
  // Keycloak's words, and not as Keycloak sends them.
  json(404, { error: 'User not found' }, 'text/html'),
  json(401, { error: 'invalid_client' }, 'text/plain'),
  { status: 404, body: '{"error":"User not found"}' },
  { status: 401, body: '{"error":"unauthorized_client"}' },
];
const named = FOREIGN.map((answer) => [`${answer.status} ${(answer.body ?? '').slice(0, 60)}`, answer] as const);

describe('something in front of Keycloak that answers for it', () => {
  let realm: TestRealm;
  let proxy: KeycloakProxy;
  let id: string;
  const email = `${randomUUID()}@example.com`;
  const dispatcher = new Agent();
  beforeAll(async () => {
    realm = await createReadyRealm(keycloak, 'http://127.0.0.1:1');
    proxy = await createKeycloakProxy(keycloak.url);
    id = await realm.createUser({ email, password: PASSWORD });
  });
  afterAll(async () => {
    await proxy?.close();
    await dispatcher.destroy();
  });
  beforeEach(() => proxy.behave());

  const unavailable = (status: number) => ({
    code: 'directory_unavailable',
    message: expect.stringMatching(
      status < 300 || status >= 400 ? new RegExp(`KEYCLOAK_URL.*(?:${status}|a Keycloak)`) : /KEYCLOAK_URL/,
    ),
  });
  const elsewhere = (seen: { path: string }, answer: Fault): Fault =>
    seen.path.startsWith('/auth/') ? html(404) : answer;

  it.each(named)(
    'with %s at the token endpoint: the start waits, and no advice is given about the secret',
    async (_name, answer) => {
      const directory = openDirectory(proxy.url, realm.name, { timeoutMs: 5_000 });
      proxy.misbehave((seen) => (isTokenRequest(seen) ? answer : 'pass'));
      const failure = await directory.check().catch((error: unknown) => error);
      expect(failure).toMatchObject(unavailable(answer.status));
      expect(String(failure)).not.toMatch(/SECRET|refused to sign us in/);
      proxy.behave();
      await directory.check();
      await directory.close();
    },
  );

  it.each(named)('with %s at the admin API: nobody is unknown and nothing is misconfigured', async (_name, answer) => {
    const admin = { username: keycloak.adminUsername, password: keycloak.adminPassword };
    const directory = openDirectory(proxy.url, realm.name, { timeoutMs: 5_000, admin });
    await directory.check();
    const tokens = proxy.seen.filter(({ path }) => path.includes('/realms/master/')).length;
    proxy.misbehave((seen) => (isTokenRequest(seen) ? 'pass' : elsewhere(seen, answer)));
    const calls: Record<string, () => Promise<unknown>> = {
      find: () => directory.findById(id),
      open: () => directory.openSection(id),
      email: () => directory.findByEmail(email),
      search: () => directory.search('nobody-at-all', { first: 0, max: 1 }),
      count: () => directory.count(),
      check: () => directory.check(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const outcome = await call().then(
        (value) => ({ value }),
        (error: unknown) => error,
      );
      expect(outcome, name).toMatchObject({ code: 'directory_unavailable' });
    }
    // The way of the administrator's password is for what Keycloak itself refuses.
    expect(proxy.seen.filter(({ path }) => path.includes('/realms/master/')).length).toBe(tokens);
    await directory.close();
  });

  it.each(named)('with %s while somebody signs in: try again, not "start again"', async (_name, answer) => {
    const provider = createKeycloakIdentityProvider({
      ...CLIENT,
      ...NO_OTHERS,
      url: proxy.url,
      publicUrl: proxy.url,
      realm: realm.name,
      dispatcher,
      timeoutMs: 5_000,
      redirectUri: CALLBACK,
    });
    proxy.misbehave((seen) => elsewhere(seen, answer));
    await expect(provider.startSignIn()).rejects.toMatchObject({ code: 'directory_unavailable' });
    proxy.behave();
    const kept = await provider.startSignIn();
    proxy.misbehave((seen) => (isTokenRequest(seen) ? answer : 'pass'));
    const callback = new URL(
      `${CALLBACK}?code=${randomUUID()}&state=${kept.state}&iss=${encodeURIComponent(`${proxy.url}/realms/${realm.name}`)}`,
    );
    await expect(provider.finishSignIn(callback, kept)).rejects.toMatchObject({ code: 'directory_unavailable' });
    const token = await realm.userToken(email, PASSWORD);
    proxy.misbehave((seen) => (seen.path.endsWith('/certs') ? answer : 'pass'));
    await expect(provider.verifyAccessToken(token)).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it.each([html(200), html(403), html(404), REDIRECT])(
    'with %o in the middle of a change: it may have happened',
    async (answer) => {
      const directory = openDirectory(proxy.url, realm.name, { timeoutMs: 1_000, settleMs: 50 });
      using section = await mustOpen(directory, id);
      proxy.misbehave((seen) => (seen.method === 'PUT' ? answer : 'pass'));
      const written = section.write(new Map([['byok_groq_key', randomUUID()]]));
      await expect(written).rejects.toMatchObject({ code: 'directory_unavailable' });
      await directory.close();
    },
  );

  it('waits as long as a 429 asks for, and no call travels meanwhile', async () => {
    const directory = openDirectory(proxy.url, realm.name, { timeoutMs: 5_000 });
    await directory.check();
    proxy.misbehave((seen) => (isTokenRequest(seen) ? 'pass' : { ...html(429), headers: { 'retry-after': '2' } }));
    await expect(directory.findById(id)).rejects.toMatchObject({ code: 'directory_unavailable', retryAfter: 2 });
    proxy.behave();
    proxy.seen.length = 0;
    const waiting = await directory.findById(id).catch((error: unknown) => error);
    expect(waiting).toMatchObject({ code: 'directory_unavailable', retryAfter: expect.any(Number) });
    expect(proxy.seen).toEqual([]);
    await vi.waitFor(async () => expect((await directory.findById(id))?.id).toBe(id), 10_000);
    await directory.close();
  });

  it.each([
    ['/auth is missing', '', '/auth', /probably needs \/auth at the end/],
    ['/auth is too much', '/auth', '', /must not end in \/auth/],
  ])('says so where %s', async (_name, ours, theirs, advice) => {
    proxy.misbehave(({ path }) => {
      if (theirs === '') return path.startsWith('/auth/') ? html(404) : 'pass';
      return path.startsWith(`${theirs}/`) ? { passTo: path.slice(theirs.length) } : html(404);
    });
    const url = `${proxy.url}${ours}`;
    const directory = openDirectory(url, realm.name, { timeoutMs: 5_000 });
    await expect(directory.check()).rejects.toMatchObject({
      code: 'directory_unavailable',
      message: expect.stringMatching(advice),
    });
    await directory.close();
    const options = { ...CLIENT, ...NO_OTHERS, url, publicUrl: url, realm: realm.name, dispatcher, timeoutMs: 5_000 };
    const provider = createKeycloakIdentityProvider({ ...options, redirectUri: CALLBACK });
    await expect(provider.startSignIn()).rejects.toMatchObject({
      code: 'directory_unavailable',
      message: expect.stringMatching(advice),
    });
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor', '--json'], {
      env: {
        PATH: process.env.PATH,
        KEYCLOAK_URL: url,
        KEYCLOAK_REALM: realm.name,
        KEYCLOAK_CLIENT_SECRET: CLIENT.clientSecret,
        ENCRYPTION_KEY: `${'B'.repeat(42)}A=`,
        BYOK_DATA_DIR: `/tmp/byok-${randomUUID()}`,
        INTERNAL_PORT: '8085',
      },
    }).catch((error: { stdout: string }) => error);
    const findings = JSON.parse(stdout) as { level: string; subject: string; message: string }[];
    expect(findings.filter(({ subject }) => subject === 'Keycloak')).toMatchObject([
      { level: 'fail', message: expect.stringMatching(advice) },
    ]);
  });
});

it('a service behind a proxy that refuses for Keycloak starts, waits with the reason, and is ready by itself', async () => {
  const proxy = await createKeycloakProxy(keycloak.url);
  proxy.misbehave(() => html(401));
  const service = await startKeycloakService({ keycloakUrl: proxy.url });
  try {
    const client = service.client();
    expect((await client.get('/readyz')).body).toMatchObject({ status: 'not_ready', checks: { directory: 'waiting' } });
    await vi.waitFor(() => expect(service.logs.join('')).toContain('answered 401 (text/html)'), 10_000);
    proxy.behave();
    await vi.waitFor(async () => expect((await client.get('/readyz')).status).toBe(200), 30_000);
    const warnings = service.logs
      .join('')
      .split('\n')
      .filter((line) => line.includes('answered 401'));
    expect(warnings.length).toBeLessThan(4);
  } finally {
    await service.stop();
    await proxy.close();
  }
});
