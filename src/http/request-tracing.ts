// One span a request. The context is entered again once the body has arrived: its events come from the socket.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestSpan, Tracing } from '../domain/tracing.ts';

export function installRequestTracing(app: FastifyInstance, tracing: Pick<Tracing, 'startRequest'>): void {
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  const within = (request: FastifyRequest, next: () => void): void => {
    const span = spans.get(request);
    if (span === undefined) next();
    else span.run(next);
  };

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.healthProbe !== true)
      spans.set(request, tracing.startRequest({ method: request.method, id: request.id }));
    within(request, done);
  });
  app.addHook('preValidation', (request, _reply, done) => within(request, done));
  app.addHook('onResponse', (request, reply, done) => {
    done();
    spans.get(request)?.end({ route: request.routeOptions.url ?? 'unknown', status: reply.statusCode });
  });
}
