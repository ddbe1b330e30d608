// SIGHUP to the service as people start it: certificates and secrets are taken up without ending a connection.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { KEY, OLD_KEY } from '../config/environments.ts';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';
import { freePort } from '../support/servers/server-process.ts';
import { createCertificateAuthority } from '../support/service/certificates.ts';

const authority = createCertificateAuthority();
const folder = ownedFolder();
let data: Awaited<ReturnType<typeof ownedDataFolder>>;
let service: ReturnType<typeof spawn>;
let port: number;
let output = '';

const put = (name: string, content: string): string => {
  const path = join(folder.path, name);
  writeFileSync(path, content, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
};
function putCertificate(): { cert: string; key: string } {
  const pair = authority.issue(['localhost', '127.0.0.1']);
  put('cert.pem', pair.cert);
  put('key.pem', pair.key);
  return pair;
}

const open = async (): Promise<TLSSocket> => {
  const socket = connect({ host: '127.0.0.1', port, ca: authority.cert, servername: 'localhost' });
  await once(socket, 'secureConnect');
  return socket;
};
const serialAt = async (): Promise<string> => {
  const socket = await open();
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
};
/** One request over this connection, which stays open. */
const ask = async (socket: TLSSocket, path: string, token = ''): Promise<number> => {
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  const [chunk] = await once(socket, 'data');
  return Number(/^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1]);
};
const metricsWith = async (token: string): Promise<number> => {
  const socket = await open();
  const status = await ask(socket, '/metrics', token);
  socket.destroy();
  return status;
};
const reload = async (says: string): Promise<string> => {
  const before = output.length;
  service.kill('SIGHUP');
  await expect.poll(() => output.slice(before)).toContain(says);
  return output.slice(before);
};

beforeAll(async () => {
  data = await ownedDataFolder();
  port = await freePort();
  putCertificate();
  put('metrics', 'first-metrics-token\n');
  put('encryption', `${KEY}\n`);
  const at = (name: string) => join(folder.path, name);
  service = spawn(process.execPath, ['src/main.ts'], {
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      PORT: String(port),
      HOST: '127.0.0.1',
      BYOK_DATA_DIR: data.path,
      TLS_CERT_FILE: at('cert.pem'),
      TLS_KEY_FILE: at('key.pem'),
      METRICS_TOKEN_FILE: at('metrics'),
      ENCRYPTION_KEY_FILE: at('encryption'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [service.stdout, service.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  await vi.waitFor(async () => (await open()).destroy(), { timeout: 60_000, interval: 200 });
});
afterAll(async () => {
  const gone = once(service, 'exit');
  service.kill('SIGKILL');
  await gone;
  data.remove();
  folder.remove();
});

it('a new certificate is shown to new connections, and those that are open go on', async () => {
  const before = await serialAt();
  const kept = await open();
  expect(await ask(kept, '/healthz')).toBe(200);
  putCertificate();
  expect(await reload('"msg":"reloaded')).toContain('TLS_CERT_FILE');
  expect(await serialAt()).not.toBe(before);
  expect(await ask(kept, '/healthz')).toBe(200);
  kept.destroy();
});

it('a new secret counts from then on, and the old one no more', async () => {
  expect(await metricsWith('first-metrics-token')).toBe(200);
  put('metrics', 'second-metrics-token\n');
  expect(await metricsWith('second-metrics-token')).toBe(401);
  expect(await reload('"msg":"reloaded')).toContain('METRICS_TOKEN');
  expect(await metricsWith('second-metrics-token')).toBe(200);
  expect(await metricsWith('first-metrics-token')).toBe(401);
});

it.each<[string, () => void]>([
  ['another certificate’s key', () => put('key.pem', authority.issue(['localhost']).key)],
  ['half of a certificate', () => put('cert.pem', '-----BEGIN CERTIFICATE-----\nAAAA')],
  ['an empty secret', () => put('metrics', '')],
])('with %s everything stays as it was, and the log says why', async (_, spoil) => {
  const serial = await serialAt();
  putCertificate();
  spoil();
  const said = await reload('not reloaded: everything stays as it was');
  expect(said).toMatch(/TLS_KEY_FILE|TLS_CERT_FILE|METRICS_TOKEN_FILE/);
  expect(await serialAt()).toBe(serial);
  expect(await metricsWith('second-metrics-token')).toBe(200);
  put('metrics', 'second-metrics-token\n');
});

it('another encryption key is named, not taken up, and never shown', async () => {
  putCertificate();
  put('encryption', `${OLD_KEY}\n`);
  const said = await reload('takes a restart');
  expect(said).toContain('"variables":["ENCRYPTION_KEY"]');
  expect(output).not.toContain(OLD_KEY);
  expect(output).not.toContain(KEY);
  expect(output).not.toContain('second-metrics-token');
  expect(service.exitCode).toBeNull();
});
