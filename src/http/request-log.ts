// One log line a request: the route's pattern, never its address, which may hold anything.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { ByokError } from '../shared/errors.ts';
import { addressOf, networkOf } from './request-address.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Asked several times a minute, by machines: what succeeds is not worth a line, nor a span. */
    quiet?: boolean;
  }
  interface FastifyRequest {
    /** Why it was refused, or what went wrong. */
    problem: ByokError | undefined;
  }
}

/** Who asks on beyond a limit is a line once in so long. */
const QUIET_MS = 60_000;
const MAX_REASON = 200;

const silenced = new LRUCache<string, true>({ max: 2_000, ttl: QUIET_MS });

export function installRequestLog(app: FastifyInstance): void {
  app.decorateRequest('problem', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    done();
    if (request.routeOptions.config.quiet === true && reply.statusCode < 400) return;
    logRequest(request, {
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    });
  });
}

/** Writes the line of a request, unless it is one more of somebody who was just told to wait. */
export function logRequest(
  request: FastifyRequest,
  { route, status, ms }: { route: string; status: number; ms?: number },
): void {
  const { problem } = request;
  const address = addressOf(request);
  if (problem?.code === 'rate_limited') {
    const who = request.principal?.userId ?? request.caller?.id ?? networkOf(address, 64);
    if (silenced.has(who)) return;
    silenced.set(who, true);
  }
  const fields = {
    method: request.method,
    route,
    status,
    ms,
    address,
    user: request.principal?.userId,
    service: request.caller?.id,
    trace_id: request.traceId,
    code: problem?.code,
    reason: problem?.message.slice(0, MAX_REASON),
  };
  if (problem === undefined || problem.status < 500) request.log.info(fields, 'request');
  // A stack is for what nobody has foreseen; the others say in their reason what is the matter.
  else if (problem.code === 'internal') request.log.error({ ...fields, err: problem.cause ?? problem }, 'request');
  else request.log.error(fields, 'request');
}
