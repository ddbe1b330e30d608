// Who sends a byte now and then is cut off: by both ports of a service as it is, over HTTP and TLS. Only the time in which a
// request must arrive is made short.
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/servers/server-process.ts';
import { API } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { createTlsFiles, type TlsFiles } from '../support/service/tls-files.ts';

const ARRIVAL_MS = 300;
const BYTE_MS = 100;
/** Generous, and shorter than the time in which a request must arrive and what comes after it. */
const LIMIT_MS = 25_000;

let service: RunningService;
let tls: TlsFiles | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await service?.stop();
  tls?.remove();
});

/** @param inTime milliseconds in which a request must have arrived; as it is without. */
async function start(protocol: 'HTTP' | 'TLS', inTime?: number): Promise<void> {
  tls = protocol === 'TLS' ? createTlsFiles() : undefined;
  service = await startService({ INTERNAL_PORT: String(await freePort()), ...tls?.env }, tls);
  for (const { server } of [service.app, service.internalApp]) {
    // Were the first one longer, Node would take it for the whole request.
    expect(server).toMatchObject({ headersTimeout: 30_000, requestTimeout: 30_000 });
    if (inTime !== undefined) Object.assign(server, { headersTimeout: inTime, requestTimeout: inTime });
  }
}

interface DripOptions {
  readonly rest?: string;
  readonly encrypted?: boolean;
  /** What comes now and then. */
  readonly drop?: string;
}

/**
 * Sends the text and then a byte now and then, whatever is answered, for as long as the other side takes any.
 * @param options.rest sent in place of those bytes, once there is an answer.
 */
function drip(app: RunningService['app'], text: string, options: DripOptions = {}) {
  const { rest, encrypted = tls !== undefined, drop = 'x' } = options;
  const { port } = app.server.address() as AddressInfo;
  // Goes on sending where the other side has said that it will say no more, if there is more to send.
  const to = { port, host: '127.0.0.1', allowHalfOpen: rest === undefined };
  const socket = encrypted ? connectTls({ ...to, ca: tls?.ca }) : connect(to);
  sockets.push(socket);
  let received = '';
  socket.on('data', (chunk) => {
    if (received === '' && rest !== undefined) socket.write(rest);
    received += chunk.toString();
  });
  socket.on('error', () => undefined);
  if (text !== '') socket.write(text);
  const dripping = setInterval(() => rest === undefined && socket.write(drop), BYTE_MS);
  const gone = new Promise<void>((resolve) => {
    socket.on('close', () => {
      clearInterval(dripping);
      resolve();
    });
  });
  return { gone, received: () => received };
}

/** @returns the status lines of the answers, once the connection is gone. */
async function fate({ gone, received }: ReturnType<typeof drip>): Promise<string> {
  const late = wait(LIMIT_MS, 'still open', { ref: false });
  const statuses = gone.then(() => [...received().matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status).join());
  return Promise.race([statuses, late]);
}

const post = (path: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${more}`;
const LONG = 'Content-Length: 5000\r\n\r\n';

/** Of somebody who is signed in. */
async function addKey(more: string): Promise<string> {
  const { cookies } = await demoClient(service);
  const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
  return post(`${API}/keys/add`, `Cookie: ${cookie}\r\n${more}`);
}

async function fates(all: Record<string, ReturnType<typeof drip>>): Promise<Record<string, string>> {
  return Object.fromEntries(
    await Promise.all(Object.entries(all).map(async ([name, one]) => [name, await fate(one)] as const)),
  );
}

describe.each(['HTTP', 'TLS'] as const)('over %s', (protocol) => {
  it('a request that does not arrive in time is told so, and its connection ends soon after', async () => {
    await start(protocol, ARRIVAL_MS);
    const seen = {
      head: drip(service.app, await addKey('')),
      body: drip(service.app, await addKey(LONG)),
      chunks: drip(service.app, await addKey('Transfer-Encoding: chunked\r\n\r\n1388\r\n')),
      'no HTTP': drip(service.app, 'NONSENSE\r\n\r\n'),
      // Said once: what comes after an answer is no other answer.
      'refused before': drip(service.app, post('/nothing', LONG)),
      'head, internal': drip(service.internalApp, post('/')),
      'refused before, internal': drip(service.internalApp, post('/nothing', LONG)),
    };
    expect(await fates(seen)).toEqual({
      head: '408',
      body: '408',
      chunks: '408',
      'no HTTP': '400',
      'refused before': '404',
      'head, internal': '408',
      'refused before, internal': '404',
    });
  });

  it('a connection whose request goes on after its answer ends soon after that, long before the time is over', async () => {
    await start(protocol);
    const seen = {
      'not signed in': drip(service.app, post(`${API}/keys/add`, LONG)),
      'no such address': drip(service.app, post('/nothing', LONG)),
      'too large': drip(service.app, await addKey('Content-Length: 5000000\r\n\r\n')),
      'no service token, internal': drip(service.internalApp, post(`${API}/internal/keys/resolve`, LONG)),
    };
    expect(await fates(seen)).toEqual({
      'not signed in': '401',
      'no such address': '404',
      'too large': '413',
      'no service token, internal': '401',
    });
  });

  it('a connection on which only line breaks come, which begin no request, ends: before the first one and after one', async () => {
    await start(protocol, ARRIVAL_MS);
    for (const { server } of [service.app, service.internalApp]) server.keepAliveTimeout = ARRIVAL_MS;
    const get = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const seen = {
      before: drip(service.app, '', { drop: '\r\n' }),
      after: drip(service.app, get, { drop: '\r\n' }),
      'after two': drip(service.app, get + get, { drop: '\r\n' }),
      'after one, internal': drip(service.internalApp, get, { drop: '\n' }),
    };
    expect(await fates(seen)).toEqual({
      before: '408',
      after: '200',
      'after two': '200,200',
      'after one, internal': '200',
    });
  });

  it('a request whose rest comes after its 408 is not carried out', async () => {
    await start(protocol, ARRIVAL_MS);
    const body = JSON.stringify({ provider: 'groq', key: 'gsk_0123456789abcdef' });
    const late = drip(service.app, `${await addKey(`Content-Length: ${body.length}\r\n\r\n`)}${body.slice(0, 5)}`, {
      rest: body.slice(5),
    });
    expect(await fate(late)).toBe('408');
    const client = await demoClient(service);
    expect((await client.get(`${API}/keys`)).body).toEqual([]);
  });

  it('a connection goes on where the rest of a refused request comes in time', async () => {
    await start(protocol);
    const steady = drip(service.app, post('/nothing', 'Content-Length: 5\r\n\r\n'), {
      rest: 'abcdeGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    });
    expect(await fate(steady)).toBe('404,200');
  });
});

it('a connection over which TLS is never agreed on ends', async () => {
  await start('TLS');
  const silent = drip(service.app, '', { encrypted: false, rest: '' });
  expect(await fate(silent)).toBe('');
});
