// What goes wrong behind a request that is not answered yet, or not to its end: nothing that is said of it may be read as the
// answer to that request, or as part of it.
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answerClientError, installClientErrors } from '../../src/http/client-errors.ts';

const NONSENSE = 'NONSENSE\r\n\r\n';
const ask = (method: string, path: string, more = ''): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

let app: FastifyInstance;
beforeEach(async () => {
  app = fastify({ clientErrorHandler: answerClientError, forceCloseConnections: true });
  installClientErrors(app);
  app.get('/done', async () => 'done');
  app.get('/never', () => new Promise(() => undefined));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null));
  app.post('/begun', async (_request, reply) => {
    const stream = new PassThrough();
    stream.write('begun');
    return reply.send(stream);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => app.close());

/** Sends one after the other, each once something has come since the last one. */
async function received(...parts: string[]): Promise<string> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const [first = '', ...others] = parts;
  socket.write(first);
  socket.on('data', () => socket.write(others.shift() ?? ''));
  return text(socket);
}
const statuses = (answers: string): string[] => [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, one = '']) => one);

it('says that a request is none, alone or after an answer', async () => {
  expect(statuses(await received(NONSENSE))).toEqual(['400']);
  expect(statuses(await received(ask('GET', '/done'), NONSENSE))).toEqual(['200', '400']);
});

it.each([
  ['one that waits', ask('GET', '/never')],
  ['several that wait', ask('GET', '/never') + ask('GET', '/never')],
  [
    'one that waits, and one that does not arrive',
    ask('GET', '/never') + ask('POST', '/begun', 'Content-Length: x\r\n'),
  ],
])('says nothing behind %s, and ends', async (_title, before) => {
  expect(await received(before + NONSENSE)).toBe('');
});

it('says nothing in the middle of an answer, and ends', async () => {
  const chunked = ask('POST', '/begun', 'Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\n');
  const answers = await received(chunked, NONSENSE);
  expect(statuses(answers)).toEqual(['200']);
  expect(answers).not.toContain('"code"');
});
