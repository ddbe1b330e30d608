// Refuses writes that another site makes a browser send with its cookies.
import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify';
import { ByokError } from '../shared/errors.ts';
import { protocolOf } from './request-address.ts';

const READING_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

type Guard = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void;

/** Same checks as `createCsrfGuard`, for routes without a principal that read or set a session cookie. */
export function createOriginGuard({ publicUrl }: { publicUrl: string }): Guard {
  const publicOrigin = new URL(publicUrl).origin;
  return (request, _reply, done) => done(refusal(request, publicOrigin));
}

/** A hook to run after authentication. A bearer token is not sent by browsers on their own, so it needs no guard. */
export function createCsrfGuard(options: { publicUrl: string }): Guard {
  const guardOrigin = createOriginGuard(options);
  return (request, reply, done) => {
    if (request.principal?.via === 'bearer') done();
    else guardOrigin(request, reply, done);
  };
}

function refusal(request: FastifyRequest, publicOrigin: string): ByokError | undefined {
  if (READING_METHODS.has(request.method)) return undefined;
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  // Browsers of the last years say where a request comes from, and scripts cannot change it.
  if (site !== undefined) {
    if (site === 'same-origin' || site === 'none') return undefined;
  } else {
    // No header at all: not a browser (curl, a service). `null` comes from sandboxed frames: foreign.
    if (origin === undefined || origin === publicOrigin || origin === ownOrigin(request)) return undefined;
  }
  // Not what the header says: a program that is not a browser can put anything there, a key for one.
  return new ByokError('cross_site_request', {
    reason: `refused for its ${site === undefined ? 'Origin' : 'Sec-Fetch-Site'}`,
  });
}

const ownOrigin = (request: FastifyRequest): string => `${protocolOf(request)}://${request.host}`;
