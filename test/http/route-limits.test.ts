// The limits of single routes, with figures small enough to reach.
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { installBodyParsers } from '../../src/http/body-parsers.ts';
import { installProblemHandlers } from '../../src/http/problem.ts';
import { DEFAULT_LIMITS, installRouteLimits } from '../../src/http/route-limits.ts';
import { ERRORS } from '../../src/shared/errors.ts';

const KIB = 1024;
const WAIT_MS = 10_000;
let app: FastifyInstance;
afterEach(() => app.close());

function build(limits: Partial<Record<keyof typeof DEFAULT_LIMITS, number>> = {}): void {
  app = fastify({ ...DEFAULT_LIMITS, ...limits, forceCloseConnections: true });
  installBodyParsers(app);
  installProblemHandlers(app);
  installRouteLimits(app);
}

describe('the limit of a body', () => {
  const echo = async ({ body }: { body: unknown }) => ({ length: JSON.stringify(body).length });
  const send = async (url: string, length: number): Promise<string> => {
    // Two of its characters are the quotes.
    const payload = JSON.stringify('x'.repeat(length - 2));
    const reply = await app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json' } });
    const body = reply.json<{ code?: string; detail?: string; length?: number }>();
    return `${reply.statusCode} ${body.code ?? ''} ${body.detail ?? body.length}`;
  };

  it('is the route’s own, larger or smaller, and so is the message', async () => {
    build({ bodyLimit: 100 });
    app.post('/usual', echo);
    app.post('/large', { bodyLimit: 2 * KIB, config: { limits: { bodyName: 'batch' } } }, echo);
    app.post('/huge', { bodyLimit: 1024 * KIB }, echo);
    app.post('/small', { bodyLimit: 10 }, echo);
    const refused = (what: string): string => `413 body_too_large The ${what} is the limit.`;
    expect(await send('/usual', 100)).toBe('200  100');
    expect(await send('/usual', 101)).toBe(refused('request body is too large; 100 bytes'));
    expect(await send('/large', 2 * KIB)).toBe(`200  ${2 * KIB}`);
    expect(await send('/large', 2 * KIB + 1)).toBe(refused('batch is too large; 2 KiB'));
    expect(await send('/huge', 1024 * KIB)).toBe(`200  ${1024 * KIB}`);
    expect(await send('/huge', 1024 * KIB + 1)).toBe(refused('request body is too large; 1 MiB'));
    expect(await send('/small', 10)).toBe('200  10');
    expect(await send('/small', 11)).toBe(refused('request body is too large; 10 bytes'));
  });

  it('is what the catalogue says where a route declares none', async () => {
    build();
    app.post('/usual', echo);
    expect(await send('/usual', 64 * KIB)).toBe(`200  ${64 * KIB}`);
    expect(await send('/usual', 64 * KIB + 1)).toBe(`413 body_too_large ${ERRORS.body_too_large.detail}`);
  });
});

describe('the limit of silence', () => {
  const sockets: Socket[] = [];
  /** Paths of the requests that wait for their answer, and how to give it. */
  const waiting = new Map<string, () => void>();
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    waiting.clear();
  });

  /** Every route answers when told to. */
  async function listen(connectionTimeout: number): Promise<void> {
    build({ connectionTimeout });
    const routes = { '/usual': undefined, '/patient': 60_000, '/patient/too': 60_000, '/impatient': 50 };
    for (const [path, idleMs] of Object.entries(routes))
      app.get(path, { config: { limits: idleMs === undefined ? {} : { idleMs } } }, async () => {
        await new Promise<void>((resolve) => waiting.set(path, resolve));
        return path;
      });
    await app.listen({ port: 0, host: '127.0.0.1' });
  }

  async function open() {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
    });
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    return {
      closed,
      isOpen: () => !socket.destroyed && !socket.readableEnded,
      async ask(...paths: string[]): Promise<void> {
        socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''));
        await vi.waitFor(() => expect([...waiting.keys()]).toEqual(expect.arrayContaining(paths)), WAIT_MS);
      },
      async answered(path: string): Promise<void> {
        waiting.get(path)?.();
        waiting.delete(path);
        await vi.waitFor(() => expect(received).toMatch(new RegExp(`${path}$`)), WAIT_MS);
        received = '';
      },
      text: () => received,
    };
  }

  it('can be longer on one route, and is the usual one again for the next request of that connection', async () => {
    await listen(500);
    const patient = await open();
    await patient.ask('/patient');
    const usual = await open();
    await usual.ask('/usual');
    // The one that came later is cut, so the other would have been, too.
    await usual.closed;
    expect(usual.text()).toBe('');
    expect(patient.isOpen()).toBe(true);
    await patient.answered('/patient');

    await patient.ask('/usual');
    await patient.closed;
    expect(patient.text()).toBe('');
  });

  it('is each request’s own where several were sent ahead', async () => {
    await listen(500);
    const ahead = await open();
    await ahead.ask('/patient', '/patient/too', '/usual');
    const clock = await open();
    await clock.ask('/usual');
    await clock.closed;
    await ahead.answered('/patient');
    const second = await open();
    await second.ask('/usual');
    await second.closed;
    expect(ahead.isOpen()).toBe(true);
    await ahead.answered('/patient/too');
    await ahead.closed;
    expect(ahead.text()).toBe('');
  });

  it('can be shorter on one route', async () => {
    await listen(60_000);
    const usual = await open();
    await usual.ask('/usual');
    const impatient = await open();
    await impatient.ask('/impatient');
    await impatient.closed;
    expect(impatient.text()).toBe('');
    expect(usual.isOpen()).toBe(true);
    await usual.answered('/usual');
    await usual.ask('/impatient');
    await usual.closed;
  });

  it('means nothing to an injected request', async () => {
    await listen(60_000);
    const reply = app.inject('/patient');
    await vi.waitFor(() => expect(waiting.has('/patient')).toBe(true), WAIT_MS);
    waiting.get('/patient')?.();
    expect((await reply).body).toBe('/patient');
  });
});
