import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API } from '../support/service/api-client.ts';
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
