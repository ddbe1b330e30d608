// One span a request. The context is entered again once the body has arrived: its events come from the socket.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestSpan, Tracing } from '../shared/tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of the trace that the request is in; undefined where there is none. */
    traceId: string | undefined;
  }
}

interface RequestTracingOptions {
  readonly tracing: Pick<Tracing, 'startRequest'>;
  /**
   * Whether the caller's `traceparent` counts. Only where all callers are services of ours: strangers could otherwise put
   * their requests into other people's traces, and have what they send as an id stand in the collector and in the log.
   */
  readonly fromCallers: boolean;
}

export function installRequestTracing(app: FastifyInstance, { tracing, fromCallers }: RequestTracingOptions): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  const inSpan = (request: FastifyRequest, next: () => void): void => {
    const span = spans.get(request);
    if (span === undefined) next();
    else span.run(next);
  };

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.quiet !== true) {
      const { traceparent } = request.headers;
      const parent = fromCallers && typeof traceparent === 'string' ? traceparent : undefined;
      const span = tracing.startRequest({ method: request.method, id: request.id, parent });
      spans.set(request, span);
      request.traceId = span.traceId;
    }
    inSpan(request, done);
  });
  app.addHook('preValidation', (request, _reply, done) => inSpan(request, done));
  app.addHook('onResponse', (request, reply, done) => {
    done();
    spans.get(request)?.end({ route: request.routeOptions.url ?? 'unknown', status: reply.statusCode });
  });
}
