import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createCertificateAuthority } from '../support/service/certificates.ts';

const check = async (env: Readonly<Record<string, string>>, ...args: string[]) => {
  const child = spawn(process.execPath, ['deploy/healthcheck.mjs', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, stderr };
};

/** Listens on loopback. @returns the port. */
async function listen(server: Server & { closeAllConnections(): void }): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return String(address.port);
}

/** Answers 200 where the path is this one. */
const at =
  (path: string): RequestListener =>
  (request, response) => {
    response.writeHead(request.url === path ? 200 : 404).end();
  };

test('it asks /healthz, or the path that it is given, under the base path', async () => {
  const PORT = await listen(createHttpServer(at('/byok/healthz')));
  expect(await check({ PORT, BASE_PATH: '/byok' })).toEqual({ status: 0, stderr: '' });
  expect(await check({ PORT })).toEqual({ status: 1, stderr: '/healthz: status 404\n' });
  expect(await check({ PORT, BASE_PATH: '/byok' }, '/readyz')).toEqual({ status: 1, stderr: '/readyz: status 404\n' });
});

test('over TLS it does not mind that the certificate names the public host', async () => {
  const certificate = createCertificateAuthority().issue(['ops.example.com']);
  const PORT = await listen(createHttpsServer(certificate, at('/healthz')));
  expect(await check({ PORT, TLS_CERT_FILE: '/etc/byok/tls.crt' })).toEqual({ status: 0, stderr: '' });
  expect((await check({ PORT })).status).toBe(1);
});

test('an address that is listened on alone is the one that is asked', async () => {
  const PORT = await listen(createHttpServer(at('/healthz')));
  expect((await check({ PORT, HOST: '127.0.0.1' })).status).toBe(0);
  expect((await check({ PORT, HOST: '127.0.0.2' })).status).toBe(1);
  expect((await check({ PORT, HOST: '0.0.0.0' })).status).toBe(0);
});

test('no service, and one that does not answer, are unhealthy, and the check ends by itself', async () => {
  const PORT = await listen(createHttpServer(() => undefined));
  const silent = await check({ PORT });
  expect(silent).toEqual({ status: 1, stderr: '/healthz: no answer in 4000 ms\n' });
  expect((await check({ PORT: '1' })).stderr).toContain('ECONNREFUSED');
});
