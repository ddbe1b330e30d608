import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API } from '../support/service/api-client.ts';
import { type MainProcess, startMainProcess } from '../support/service/main-process.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

describe('a stop', () => {
  let fakes: FakeProviders;
  let service: RunningService;
  let folder: Awaited<ReturnType<typeof ownedDataFolder>>;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    fakes = await startFakeProviders();
  });
  afterAll(() => fakes?.close());
  beforeEach(async () => {
    folder = await ownedDataFolder();
    service = await startService({ ...providerEnv(fakes), BYOK_DATA_DIR: folder.path });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await service.stop();
    folder.remove();
  });

  async function open(firstBytes = ''): Promise<Socket> {
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    if (firstBytes !== '') socket.write(firstBytes);
    return socket;
  }
  const isRefused = async (): Promise<boolean> => {
    const socket = connect(service.port, '127.0.0.1');
    const refused = await Promise.race([
      once(socket, 'connect').then(() => false),
      once(socket, 'error').then(() => true),
    ]).catch(() => true);
    socket.destroy();
    return refused;
  };

  it('finishes the requests in flight, what they store included, and takes no new ones', async () => {
    const client = await demoClient(service);
    await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-hang-0123456789abcdef' });
    const stored = client.post(`${API}/keys/test/openai`);
    const candidate = client.post(`${API}/keys/test/groq`, { key: 'gsk_-stall-0123456789' });
    await vi.waitFor(() => expect(fakes.requests).toHaveLength(2), 10_000);

    const stopped = service.stop();
    await vi.waitFor(async () => expect(await isRefused()).toBe(true), 10_000);
    const slow = {
      status: 200,
      body: { status: 'error', details: { reason: 'timeout' } },
      headers: { connection: 'close' },
    };
    expect(await stored).toMatchObject(slow);
    expect(await candidate).toMatchObject(slow);
    await stopped;

    service = await startService({ ...service.env });
    const again = await demoClient(service);
    expect((await again.get(`${API}/keys`)).body).toMatchObject([
      { provider: 'openai', test_status: 'error', test_reason: 'timeout' },
    ]);
  });

  it('changes nothing any more for what still comes over a connection that is in use', async () => {
    const client = await demoClient(service);
    const cookie = [...client.cookies].map((pair) => pair.join('=')).join('; ');
    const request = (path: string, json: object): string => {
      const body = JSON.stringify(json);
      const type = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
      return `POST ${API}${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n${type}\r\n\r\n${body}`;
    };
    const socket = await open();
    const answers = text(socket);
    const seen = fakes.requests.length;
    socket.write(request('/keys/test/openai', { key: 'sk-hang-0123456789abcdef' }));
    await vi.waitFor(() => expect(fakes.requests.length).toBe(seen + 1), 10_000);
    const stopped = service.stop();
    await vi.waitFor(async () => expect(await isRefused()).toBe(true), 10_000);
    socket.write(request('/keys/add', { provider: 'openai', key: 'sk-0123456789abcdef' }));
    // The connection ends with the first answer, or the second request is refused.
    const [first, second = '503'] = [...(await answers).matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1]);
    expect({ first, second }).toEqual({ first: '200', second: '503' });
    await stopped;

    service = await startService({ ...service.env });
    expect((await (await demoClient(service)).get(`${API}/keys`)).body).toEqual([]);
  });

  it('waits for nobody who has not finished asking: 500 slow sockets, others served meanwhile', async () => {
    const client = await demoClient(service);
    const slow = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        open(
          [
            '',
            'GET ',
            `GET ${API}/keys HTTP/1.1\r\nHost: local`,
            `POST ${API}/keys/add HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{`,
          ][index % 4],
        ),
      ),
    );
    for (let round = 0; round < 5; round++) {
      for (const socket of slow) if (socket.writable) socket.write('');
      const replies = await Promise.all(Array.from({ length: 20 }, () => client.get(`${API}/keys`)));
      expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200));
    }
    // Those who never finish are cut off, whether or not they send a byte now and then.
    expect(service.app.server).toMatchObject({ requestTimeout: 30_000, timeout: 60_000 });
    const closed = Promise.all(slow.map((socket) => (socket.closed ? undefined : once(socket.resume(), 'close'))));
    await service.stop();
    await closed;
  });
});

describe('SIGTERM', () => {
  let folder: Awaited<ReturnType<typeof ownedDataFolder>>;
  let main: MainProcess;
  afterEach(async () => {
    await main?.end();
    folder.remove();
  });
  async function start(seconds: string): Promise<string> {
    folder = await ownedDataFolder();
    main = await startMainProcess({
      NODE_ENV: 'test',
      BYOK_DATA_DIR: folder.path,
      RATE_LIMIT_PER_MINUTE: '1000000',
      RATE_LIMIT_ADDRESS_PER_MINUTE: '1000000',
      RATE_LIMIT_WRITE_PER_MINUTE: '1000000',
      DRAIN_SECONDS: seconds,
    });
    const client = main.client();
    await client.post('/auth/demo', { email: 'starter@example.com' });
    return [...client.cookies].map((pair) => pair.join('=')).join('; ');
  }

  it.each(['0', '1'])('costs 8 busy keep-alive clients no request, with DRAIN_SECONDS=%s', async (seconds) => {
    const cookie = await start(seconds);
    const seen: string[] = [];
    const clients = Array.from({ length: 8 }, (_, index) =>
      keepBusy(main.url, { cookie, writes: index % 2 === 0, seen }),
    );
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(100), 20_000);
    main.signal('SIGTERM');
    await Promise.all(clients);
    // What comes in the moment in which the listener closes, and nobody has accepted, the kernel resets.
    expect([...new Set(seen)].filter((one) => one !== 'not accepted').sort()).toEqual([
      '200',
      '200 close',
      'ECONNREFUSED',
    ]);
    expect(seen.filter((one) => one === 'not accepted').length).toBeLessThan(2);
    expect(await main.exited).toBe(0);
  });

  it('says stopping to who opens a connection for each probe, and takes keys meanwhile', async () => {
    const cookie = await start('300');
    main.signal('SIGTERM');
    const probe = () => ask(`${main.url}/readyz`, { agent: false });
    const stopping = { status: 503, connection: 'close', body: expect.stringContaining('"directory":"stopping"') };
    await vi.waitFor(async () => expect(await probe()).toMatchObject(stopping), 10_000);
    expect(await ask(`${main.url}${API}/keys/add`, { cookie, json: KEY })).toMatchObject({ status: 200 });
    // What comes within half a second is the same one: npm hands on what the terminal has sent already.
    await wait(600);
    main.signal('SIGTERM');
    expect(await main.exited).toBe(1);
    expect(main.output()).toContain('second SIGTERM, exiting');
  });
});

const KEY = { provider: 'openai', key: 'sk-0123456789abcdef0123456789abcdef' };

interface Busy {
  readonly cookie: string;
  readonly writes: boolean;
  readonly seen: string[];
}

/** One request after the other over one connection, as long as it may be kept, until nobody listens. */
async function keepBusy(url: string, { cookie, writes, seen }: Busy): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const [path, json] = writes ? [`${API}/keys/add`, KEY] : [`${API}/keys`, undefined];
  for (let last = ''; last !== 'ECONNREFUSED'; seen.push(last)) {
    const before = last;
    last = await ask(`${url}${path}`, { agent, cookie, json }).then(
      ({ status, connection }) => (connection === 'close' ? `${status} close` : String(status)),
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );
    if (before === 'not accepted') expect(last).toBe('ECONNREFUSED');
  }
  agent.destroy();
}

interface Asking {
  readonly agent?: Agent | false;
  readonly cookie?: string;
  readonly json?: object | undefined;
}

function ask(url: string, { agent, cookie, json }: Asking) {
  const sent = request(url, {
    method: json === undefined ? 'GET' : 'POST',
    ...(agent === undefined ? {} : { agent }),
    headers: { ...(cookie && { cookie }), ...(json && { 'content-type': 'application/json' }) },
  });
  sent.end(json && JSON.stringify(json));
  return new Promise<{ status: number | undefined; connection: string | undefined; body: string }>(
    (resolve, reject) => {
      sent.on('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ECONNRESET' && !sent.reusedSocket ? new Error('not accepted') : error),
      );
      sent.on('response', async (response) => {
        const { statusCode: status, headers } = response;
        resolve({ status, connection: headers.connection, body: await text(response) });
      });
    },
  );
}
