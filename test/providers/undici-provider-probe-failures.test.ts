import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { startCanaryListener } from '../support/providers/canary-listener.ts';
import { startFakeProviders } from '../support/providers/fake-providers.ts';
import { createProbeFixture, type ProbeFixture, summary } from '../support/providers/probe-fixture.ts';
import { createCertificateAuthority } from '../support/service/certificates.ts';

let fixture: ProbeFixture;

beforeAll(async () => {
  fixture = await createProbeFixture();
});

afterAll(() => fixture.close());

beforeEach(() => {
  fixture.fake.requests.length = 0;
});

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));

test.each(['hang', 'stall'])('a provider that %ss is an error once the time is up', async (behaviour) => {
  const using = fixture.probeWith({ timeoutMs: 300 });
  const results = await Promise.all([...PROVIDERS.keys()].map((id) => fixture.ask(id, behaviour, using)));
  expect(results.map(summary)).toEqual(results.map(() => 'error timeout -'));
  expect(results[0]?.message).toBe('OpenAI did not answer in time.');
});

test('a name look-up that never ends is as good as none', async () => {
  const using = fixture.probeWith({ timeoutMs: 300, resolve: () => new Promise(() => {}) });
  expect(summary(await fixture.askAt('https://llm.example.com/v1', { using }))).toBe('error unreachable -');
});

test('a TLS handshake that never ends at an endpoint is no connection', async () => {
  const silent = await startCanaryListener();
  const using = fixture.probeWith({ timeoutMs: 300, ports: [silent.port] });
  expect(summary(await fixture.askAt(`https://127.0.0.1:${silent.port}/v1`, { using }))).toBe('error unreachable -');
  expect(silent.connections()).toBe(1);
  await silent.close();
});

test('an authority that is not trusted is a TLS error, and no key was sent', async () => {
  const result = await fixture.ask('custom', 'good', fixture.probeWith({ caFile: undefined }));
  expect(summary(result)).toBe('error tls -');
  expect(result.message).toBe(
    'The endpoint could not prove who it is: its TLS certificate or connection is not in order.',
  );
  expect(fixture.fake.requests).toEqual([]);
});

test('the usual authorities are trusted beside that of the file', async () => {
  const usual = getCACertificates('default');
  const other = `${fixture.fake.ca}.another`;
  writeFileSync(other, createCertificateAuthority('another').cert);
  setDefaultCACertificates([...usual, readFileSync(fixture.fake.ca, 'utf8')]);
  try {
    expect(summary(await fixture.ask('custom', 'good', fixture.probeWith({ caFile: other })))).toMatch(/^valid /);
  } finally {
    setDefaultCACertificates(usual);
  }
  const refused = await fixture.ask('custom', 'good', fixture.probeWith({ caFile: other }));
  expect(summary(refused)).toBe('error tls -');
});

test('a certificate for another name is a TLS error, and no key was sent', async () => {
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const using = fixture.probeWith({ allow: ['other.lan'], resolve });
  const result = await fixture.askAt(`https://other.lan:${fixture.fake.httpsPort}/custom/v1`, { using });
  expect(summary(result)).toBe('error tls -');
  expect(fixture.fake.requests).toEqual([]);
});

test('an expired certificate is a TLS error, and no key was sent', async () => {
  const expired = await startFakeProviders({ certificateDays: -1 });
  const using = fixture.probeWith({ caFile: expired.ca, ports: [expired.httpsPort] });
  expect(summary(await fixture.askAt(expired.httpsUrl('custom'), { using }))).toBe('error tls -');
  expect(expired.requests).toEqual([]);
  await expired.close();
});

test('a server that speaks no TLS is a TLS error', async () => {
  const port = Number(new URL(fixture.fake.url('openai')).port);
  const using = fixture.probeWith({ ports: [port] });
  expect(summary(await fixture.askAt(`https://127.0.0.1:${port}/openai/v1`, { using }))).toBe('error tls -');
});

test('a closed port and a name that does not exist are unreachable', async () => {
  const closed = await startCanaryListener();
  await closed.close();
  const { hostname, port } = { hostname: '127.0.0.1', port: closed.port };
  const atPort = fixture.probeWith({ apiUrls: new Map([['openai', `http://${hostname}:${port}/v1`]]) });
  const refused = await fixture.ask('openai', 'good', atPort);
  expect(summary(refused)).toBe('error unreachable -');
  expect(refused.message).toBe('OpenAI could not be reached, or broke off the connection.');
  const notFound = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  const byName = fixture.probeWith({
    apiUrls: new Map([['openai', 'https://nowhere.example.com/v1']]),
    resolve: () => Promise.reject(notFound),
  });
  const unnamed = await fixture.ask('openai', 'good', byName);
  expect(summary(unnamed)).toBe('error unreachable -');
  expect(unnamed.message).toBe('OpenAI could not be found: its host name does not resolve.');
});

test('an endpoint’s host tells nothing of the network: inside, nowhere, closed and silent are one answer at one time', async () => {
  const closed = await startCanaryListener();
  await closed.close();
  const silent = await startCanaryListener();
  const names: Readonly<Record<string, string>> = { inside: '10.255.255.1', closed: '127.0.0.1', silent: '127.0.0.1' };
  const using = fixture.probeWith({
    timeoutMs: 4_000,
    ports: [443, closed.port, silent.port],
    allow: ['closed.example.com', 'silent.example.com'],
    resolve: async (host) => {
      if (host.startsWith('never')) return await new Promise(() => undefined);
      const address = names[host.split('.')[0] ?? ''];
      if (address === undefined) throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
      return [{ address, family: 4 }];
    },
  });
  const asked = [
    'https://inside.example.com/v1',
    'https://nowhere.example.com/v1',
    'https://never.example.com/v1',
    `https://closed.example.com:${closed.port}/v1`,
    `https://silent.example.com:${silent.port}/v1`,
  ];
  // The one that runs out of time is asked first, those that fail at once a little later: they have to wait for it.
  const answered: string[] = [];
  const results = await Promise.all(
    asked.toReversed().map(async (endpoint, index) => {
      await wait(index === 0 ? 0 : 300);
      const result = await fixture.askAt(endpoint, { using });
      answered.push(endpoint);
      return result;
    }),
  );
  expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
  expect(results[0]).toEqual({
    status: 'error',
    reason: 'unreachable',
    statusCode: undefined,
    message:
      'The endpoint could not be reached: its host name does not resolve, it leads to an address that is not allowed, or nothing answers there. An operator can allow addresses inside the network with CUSTOM_ENDPOINT_ALLOW.',
  });
  expect(answered[0]).toBe(asked.at(-1));
  await silent.close();
});

test('something that does not speak HTTP is an unexpected answer', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy()).resume();
    socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const using = fixture.probeWith({ apiUrls: new Map([['openai', `http://127.0.0.1:${port}/v1`]]) });
  expect(summary(await fixture.ask('openai', 'good', using))).toBe('error unexpected_answer -');
  await new Promise((resolve) => server.close(resolve));
});

test('an answer without an end is read as far as needed', async () => {
  const server = createHttpServer((_request, response) => {
    const more = () => {
      while (response.write('{"id": "and one more model"},'.repeat(1_000))) if (response.destroyed) return;
    };
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"object": "list", "data": [');
    response.on('drain', more);
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const using = fixture.probeWith({ apiUrls: new Map([['openai', `http://127.0.0.1:${port}/v1`]]) });
  expect(summary(await fixture.ask('openai', 'good', using))).toBe('valid ok 200');
  await expect.poll(() => connectionsOf(server), { timeout: 5_000 }).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});

test('nothing is left open after a probe that ran out of time', async () => {
  const server = createHttpServer(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const using = fixture.probeWith({ timeoutMs: 200, apiUrls: new Map([['openai', `http://127.0.0.1:${port}/v1`]]) });
  const results = await Promise.all(Array.from({ length: 20 }, () => fixture.ask('openai', 'good', using)));
  expect(results.map(summary)).toEqual(results.map(() => 'error timeout -'));
  await expect.poll(() => connectionsOf(server), { timeout: 5_000 }).toBe(0);
  await new Promise((resolve) => server.close(resolve));
});

test('after close every probe is answered at once, and closing again does nothing', async () => {
  const using = fixture.probeWith({ timeoutMs: 60_000, resolve: () => new Promise(() => {}) });
  const pending = [fixture.ask('openai', 'hang', using), fixture.ask('openai', 'stall', using)];
  pending.push(fixture.askAt('https://llm.example.com/v1', { using }));
  await expect.poll(() => fixture.fake.requests.length, { timeout: 5_000 }).toBe(2);
  await using.close();
  await using.close();
  expect((await Promise.all(pending)).map(({ status }) => status)).toEqual(['error', 'error', 'error']);
  expect((await fixture.ask('openai', 'good', using)).status).toBe('error');
});

test('an authority file or an allow entry that cannot be used stops the start', () => {
  expect(() => fixture.probeWith({ caFile: '/nonexistent/ca.pem' })).toThrow(/ENOENT/);
  const other = `${fixture.fake.ca}.other`;
  writeFileSync(other, 'no certificate');
  expect(() => fixture.probeWith({ caFile: other })).toThrow('the file holds no PEM certificate');
  writeFileSync(other, createCertificateAuthority().cert);
  expect(() => fixture.probeWith({ caFile: other })).not.toThrow();
  expect(() => fixture.probeWith({ allow: ['10.0.0.0/64'] })).toThrow(/10\.0\.0\.0\/64/);
});
