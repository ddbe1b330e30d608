import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { type Env, type RunningService, startService } from '../support/service/running-service.ts';

let service: RunningService;
/** What it writes at its start. */
let before = 0;
afterEach(() => service?.stop());
const start = async (env: Env): Promise<RunningService> => {
  service = await startService(env);
  before = service.logs.length;
  return service;
};
const lines = () => service.logs.slice(before).join('').split('\n').filter(Boolean);

/** Sends it and resets the connection before an answer can come. */
async function sendAndReset(port: number, head: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.write(head, () => resolve()));
  socket.resetAndDestroy();
}

describe('what anybody can make the service write', () => {
  it('is one line without a stack for a request whose connection was reset', async () => {
    const { port } = await start({});
    for (const path of ['/auth/me', '/', `${API}/keys`, '/auth/login', '/nothing', '/readyz'])
      await Promise.all(
        Array.from({ length: 50 }, () => sendAndReset(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)),
      );
    // A request after them has been seen when its own line is there.
    await service.client().get('/auth/me?last=1');
    await expect.poll(() => lines().length).toBeGreaterThan(0);
    const text = lines().join('\n');
    expect(text).not.toMatch(/"stack"|TypeError|"internal"|"level":"error"/);
    expect(lines().length).toBeLessThanOrEqual(301);
    expect(Math.max(...lines().map((line) => line.length))).toBeLessThan(600);
  });

  it.each([
    ['unknown addresses', 'GET', '/nothing', {}],
    ['addresses that cannot be decoded', 'GET', '/%zz', {}],
    ['wrong methods', 'DELETE', '/healthz', {}],
    ['no session', 'GET', `${API}/keys`, {}],
    ['bad cookies', 'GET', `${API}/keys`, { cookie: `byok_session=${'x'.repeat(4000)}` }],
    ['bad tokens', 'GET', '/auth/me', { authorization: `Bearer ${'x'.repeat(4000)}` }],
    ['bad tokens of services', 'POST', `${API}/internal/keys/resolve`, { authorization: `Bearer ${'x'.repeat(4000)}` }],
    ['another host', 'GET', '/auth/me', { host: 'elsewhere.example' }],
    ['broken JSON', 'POST', '/auth/demo', { 'content-type': 'application/json' }],
    ['another type of body', 'POST', '/auth/demo', { 'content-type': 'text/xml' }],
    ['health probes', 'GET', '/healthz', {}],
  ])('is one short line a request, and none beyond the limit, for %s', async (_what, method, path, headers) => {
    await start({ RATE_LIMIT_ADDRESS_PER_MINUTE: '20' });
    const client = service.client();
    const statuses: number[] = [];
    for (let count = 0; count < 60; count += 1)
      statuses.push((await client.send(method, path, { headers, ...(method === 'POST' && { body: '{' }) })).status);
    expect(statuses.slice(0, 20)).not.toContain(429);
    expect(new Set(statuses.slice(20))).toEqual(new Set([429]));
    // Twenty, and one that says that there are too many.
    expect(lines().length).toBeLessThanOrEqual(21);
    for (const line of lines()) expect(line.length, line).toBeLessThan(600);
  });
});
