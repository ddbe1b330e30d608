// Connections that end badly: requests that are not HTTP, or do not arrive in time, and bodies that go on after the answer.
// Node stops watching a socket once it has reported an error of it, and one that has only said that it will say no more
// lives for as long as its client sends a byte now and then. So each of them gets an end of its own here.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ERRORS, type ErrorCode } from '../shared/errors.ts';
import { PROBLEM_JSON } from './problem.ts';
import { NODE_LIMITS } from './route-limits.ts';

/**
 * How long a client may go on sending after its answer. A client cut off while sending may lose the answer, so it is
 * long enough to read it.
 */
const LINGER_MS = 5_000;

const CLIENT_ERRORS: ReadonlyMap<string, ErrorCode> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 'request_timeout'],
  ['HPE_HEADER_OVERFLOW', 'invalid_request'],
]);

/** The answer to the latest request of each connection. */
const answers = new WeakMap<Socket, ServerResponse>();

/** When each connection ends on which no other request has begun after an answer. */
const ends = new WeakMap<Socket, NodeJS.Timeout>();

/**
 * Follows what is answered over each connection, and ends those whose request is still not over a while after its answer, and
 * those whose next one has not arrived when it should. Node counts the silence alone, and line breaks before a request, which
 * it passes over, are none.
 */
export function installClientErrors({ server }: FastifyInstance): void {
  // One function for all: this is done for every request.
  function lookAfter(this: ServerResponse): void {
    const { req } = this;
    // The rest of a short body is read, and the connection serves the next request.
    if (!req.complete) endLater(req.socket, req);
    if (answers.get(req.socket) === this) endUnlessNext(req.socket);
  }
  const endUnlessNext = (socket: Socket): void => {
    if (!ends.has(socket)) socket.once('close', () => clearTimeout(ends.get(socket)));
    const { keepAliveTimeout, headersTimeout } = server;
    const ms = keepAliveTimeout + headersTimeout + NODE_LIMITS.connectionsCheckingInterval;
    ends.set(socket, setTimeout(() => socket.destroy(), ms).unref());
  };
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    answers.set(request.socket, response);
    clearTimeout(ends.get(request.socket));
    response.on('finish', lookAfter);
  });
}

/** Node's parser gave up on the request: there is no request object, only a socket to say so on. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // Nobody listens, or TLS has failed and nothing can be said.
  if (socket.destroyed || /^(?:ECONNRESET$|EPROTO$|ERR_SSL_|ERR_TLS_)/.test(error.code ?? '')) {
    socket.destroy();
    return;
  }
  // What still comes is thrown away: it must not become a request after all, whose client has been told that it is none.
  socket.removeAllListeners('data').on('data', () => undefined);
  endLater(socket, socket);
  if (isNextToAnswer(socket)) socket.end(textOf(CLIENT_ERRORS.get(error.code ?? '') ?? 'invalid_request'));
  else socket.end();
}

/** Whether what is written now is read as the answer to the request that went wrong: not as part, or in place, of another. */
function isNextToAnswer(socket: Socket): boolean {
  // It ends already, with the answer that is on its way.
  if (!socket.writable) return false;
  const last = answers.get(socket);
  if (last === undefined) return true;
  // What went wrong came after it.
  if (last.req.complete) return last.writableFinished;
  return last.socket === socket && !last.headersSent;
}

/** @param unless this is over by then. */
function endLater(socket: Socket, unless: Socket | IncomingMessage): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  unless.once('close', () => clearTimeout(timer));
}

function textOf(code: ErrorCode): string {
  const { status, title, detail } = ERRORS[code];
  const body = JSON.stringify({ type: `urn:byok:error:${code}`, title, status, detail, code, request_id: 'none' });
  return `HTTP/1.1 ${status} ${status === 408 ? 'Request Timeout' : 'Bad Request'}\r\nContent-Type: ${PROBLEM_JSON}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
