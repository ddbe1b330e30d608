import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/servers/server-process.ts';
import { API, type Reply } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { createTlsFiles } from '../support/service/tls-files.ts';

/** Production over a Keycloak that is not there: enough to see what is refused before anybody is asked. */
const PRODUCTION = {
  NODE_ENV: 'production',
  KEYCLOAK_URL: 'http://127.0.0.1:1',
  KEYCLOAK_CLIENT_SECRET: 'secret',
  ENCRYPTION_KEY: `${'k'.repeat(43)}=`,
  PUBLIC_URL: 'https://ops.example.com',
  INTERNAL_PORT: String(await freePort()),
};
const PATHS = ['/', '/docs', '/openapi.json', '/auth/login', '/auth/me', `${API}/keys`, '/nothing', '/auth/style.css'];

let service: RunningService | undefined;
afterEach(async () => {
  await service?.stop();
  service = undefined;
});

function expectSecurityHeaders({ headers }: Reply, { hsts }: { hsts: boolean }): void {
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': expect.stringMatching(/^(no-referrer|same-origin)$/),
    'content-security-policy': expect.stringContaining("default-src '"),
    'x-request-id': expect.any(String),
  });
  if (hsts) expect(headers['strict-transport-security']).toBe('max-age=31536000');
  else expect(headers).not.toHaveProperty('strict-transport-security');
}

describe('in production, behind a proxy that ends TLS', () => {
  it('plain HTTP is refused everywhere, but for health probes, wherever they come from', async () => {
    service = await startService({ ...PRODUCTION, TRUSTED_PROXIES: '127.0.0.1' });
    for (const headers of [{}, { 'x-forwarded-proto': 'http' }, { 'x-forwarded-proto': 'ftp' }]) {
      const client = service.client(headers);
      for (const path of PATHS) {
        const reply = await client.get(path);
        expectProblem(reply, 403, 'https_required');
        expectSecurityHeaders(reply, { hsts: true });
      }
      expectProblem(
        await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789' }),
        403,
        'https_required',
      );
      expect((await client.get('/healthz')).body).toEqual({ status: 'ok' });
      expect((await client.get('/readyz')).status).toBe(503);
    }
  });

  it('health probes over plain HTTP are answered by way of a proxy too, and nothing else near them is', async () => {
    service = await startService({ ...PRODUCTION, TRUSTED_PROXIES: '127.0.0.1', BASE_PATH: '/byok' });
    const client = service.client({ 'x-forwarded-proto': 'http', 'x-forwarded-for': '198.51.100.7' });
    expect((await client.get('/healthz')).status).toBe(200);
    expect((await client.get('/readyz?verbose=1')).status).toBe(503);
    for (const path of ['/healthz/', '/healthz/x', '/readyz/../auth/me', '//healthz', '/HEALTHZ', '/metrics'])
      expectProblem(await client.get(path), 403, 'https_required');
  });

  it('no token for /metrics is taken over plain HTTP, where somebody in between could read it', async () => {
    const token = 'scrape-0123456789';
    service = await startService({ ...PRODUCTION, TRUSTED_PROXIES: '127.0.0.1', METRICS_TOKEN: token });
    const scraper = (proto: string) => ({
      authorization: `Bearer ${token}`,
      'x-forwarded-proto': proto,
      'x-forwarded-for': '198.51.100.7',
    });
    for (const client of [service.client(scraper('http')), service.internalClient(scraper('http'))])
      expectProblem(await client.get('/metrics'), 403, 'https_required');
    for (const client of [service.client(scraper('https')), service.internalClient(scraper('https'))])
      expect((await client.get('/metrics')).status).toBe(200);
  });

  it('counts by what was said to the first of the trusted proxies, whatever a client put in front', async () => {
    service = await startService({ ...PRODUCTION, TRUSTED_PROXIES: '10.0.0.0/8,127.0.0.1' });
    const ask = async ([proto, from]: readonly [string, string]) =>
      service?.client({ 'x-forwarded-proto': proto, 'x-forwarded-for': from }).get('/openapi.json');
    for (const one of [
      ['https,http', '198.51.100.7, 10.0.0.2'],
      ['https, http', '198.51.100.7,10.0.0.2'],
      ['HTTPS', '198.51.100.7'],
      [' Https ', '198.51.100.7, 10.0.0.2'],
      ['https,https', '198.51.100.7, 10.0.0.2'],
      ['https,http,http', '198.51.100.7, 10.0.0.3, 10.0.0.2'],
      ['http,https,http', '192.0.2.1, 198.51.100.7, 10.0.0.2'],
      ['https', '198.51.100.7, 10.0.0.3, 10.0.0.2'],
    ] as const)
      expect((await ask(one))?.status, one.join(' from ')).toBe(200);
    for (const one of [
      ['http,https', '198.51.100.7, 10.0.0.2'],
      ['https,http', '198.51.100.7'],
      ['https,http,https', '192.0.2.1, 198.51.100.7, 10.0.0.2'],
      ['https,http', '10.0.0.2, 198.51.100.7'],
      ['httpss', '198.51.100.7'],
      [',', '198.51.100.7, 10.0.0.2'],
    ] as const)
      expect((await ask(one))?.status, one.join(' from ')).toBe(403);
  });

  it('what came to the proxy over HTTPS is answered', async () => {
    service = await startService({ ...PRODUCTION, TRUSTED_PROXIES: '10.0.0.0/8,127.0.0.1' });
    const client = service.client({ 'x-forwarded-proto': 'https', 'x-forwarded-for': '198.51.100.7' });
    const statuses = await Promise.all(PATHS.map(async (path) => (await client.get(path)).status));
    expect(statuses).toEqual([200, 200, 200, 503, 401, 401, 404, 200]);
    for (const path of [...PATHS, '/%zz']) expectSecurityHeaders(await client.get(path), { hsts: true });
    const logout = await client.post('/auth/logout');
    expect(logout.headers['set-cookie']).toMatch(/^__Host-byok_session=;.* Path=\/;.* HttpOnly; Secure; SameSite=Lax$/);
    expect(service.logs.join('')).toContain('"address":"198.51.100.7"');
  });

  it('the word of anybody else counts for nothing', async () => {
    service = await startService({ ...PRODUCTION, TRUSTED_PROXIES: '10.0.0.0/8' });
    const client = service.client({ 'x-forwarded-proto': 'https', 'x-forwarded-ssl': 'on', forwarded: 'proto=https' });
    for (const path of PATHS) expectProblem(await client.get(path), 403, 'https_required');
    expect((await client.get('/healthz')).status).toBe(200);
  });
});

describe('in production, with TLS of its own', () => {
  it('HTTPS is answered, with HSTS and cookies for this host over TLS only', async () => {
    const tls = createTlsFiles();
    try {
      service = await startService({ ...PRODUCTION, ...tls.env }, tls);
      const client = service.client();
      const statuses = await Promise.all(PATHS.map(async (path) => (await client.get(path)).status));
      expect(statuses).toEqual([200, 200, 200, 503, 401, 401, 404, 200]);
      for (const path of PATHS) expectSecurityHeaders(await client.get(path), { hsts: true });
      const logout = await client.post('/auth/logout');
      expect(logout.headers['set-cookie']).toMatch(
        /^__Host-byok_session=;.* Path=\/;.* HttpOnly; Secure; SameSite=Lax$/,
      );
    } finally {
      tls.remove();
    }
  });

  it('plain HTTP on that port gets no answer of the service', async () => {
    const tls = createTlsFiles();
    try {
      service = await startService({ ...PRODUCTION, ...tls.env }, tls);
      const socket = connect(service.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      expect(await text(socket).catch(() => '')).not.toContain('200');
    } finally {
      tls.remove();
    }
  });
});

describe('the embedded default', () => {
  it('answers by the names of this machine only, so that another site’s name that leads here finds nothing', async () => {
    service = await startService();
    const client = await demoClient(service);
    const status = async (host: string, path: string, more = {}): Promise<number> =>
      (await client.get(path, { headers: { host, ...more } })).status;
    for (const host of ['localhost', 'localhost:1', 'LOCALHOST:8084', '127.0.0.1:8084', '[::1]:8084'])
      expect({ host, status: await status(host, `${API}/keys`) }).toEqual({ host, status: 200 });
    const foreign = [
      'evil.example',
      'evil.example:8084',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
      '0.0.0.0',
      'x',
    ];
    for (const host of foreign) {
      for (const path of ['/', '/healthz', '/openapi.json', '/auth/login', `${API}/keys`, '/nothing'])
        expectProblem(await client.get(path, { headers: { host } }), 403, 'host_not_allowed');
      const demo = await client.send('POST', '/auth/demo', {
        headers: { host },
        json: { email: 'starter@example.com' },
      });
      expectProblem(demo, 403, 'host_not_allowed');
      expect(demo.headers['set-cookie']).toBeUndefined();
    }
    expect(await status('evil.example', `${API}/keys`, { 'x-forwarded-host': 'localhost' })).toBe(403);
    expect(await status('localhost', `${API}/keys`, { 'x-forwarded-host': 'evil.example' })).toBe(200);
  });

  it('refuses a request that names no host', async () => {
    service = await startService();
    const socket = connect(service.port, '127.0.0.1');
    socket.write('GET /healthz HTTP/1.0\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('sets no HSTS, which would lock the browser out of other things on localhost', async () => {
    service = await startService();
    const client = await demoClient(service);
    for (const path of [...PATHS, '/healthz', '/%zz']) expectSecurityHeaders(await client.get(path), { hsts: false });
  });
});

describe('BASE_PATH', () => {
  it('moves everything, sign-in, pages and description included', async () => {
    service = await startService({ BASE_PATH: '/ops/byok' });
    const origin = `http://127.0.0.1:${service.port}`;
    expect(service.app.registeredRoutes.filter(({ url }) => !url.startsWith('/ops/byok'))).toEqual([]);
    const client = await demoClient(service);
    expect((await client.get(`${API}/keys?_t=1`)).body).toEqual([]);
    expect((await client.get('/healthz')).status).toBe(200);

    const stranger = service.client();
    for (const path of ['', '/']) {
      const home = await stranger.get(path);
      expect({ status: home.status, to: home.headers.location }).toEqual({ status: 303, to: '/ops/byok/auth/login' });
    }
    for (const page of [await stranger.get('/auth/login'), await client.get('/'), await client.get('/docs')])
      for (const [, address = ''] of page.text.matchAll(/(?:src|href|action)="(\/[^"]*)"/g))
        expect(address).toMatch(/^\/ops\/byok\//);
    expect((await stranger.get('/docs/static/swagger-ui.css')).status).toBe(200);

    const { paths, servers } = (await client.get('/openapi.json')).body as { paths: object; servers: object[] };
    expect(Object.keys(paths).every((path) => path.startsWith('/ops/byok/'))).toBe(true);
    expect(servers).toEqual([{ url: '/' }]);

    for (const path of ['/', '/healthz', '/docs', `${API}/keys`, '/opsbyok', '/ops', '/ops/byok2/healthz']) {
      const answer = await fetch(`${origin}${path}`);
      expect({ path, status: answer.status }).toEqual({ path, status: 404 });
    }
  });
});
