// The time of every answer by route pattern and status, and refusals of callers who are not signed in.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Metrics } from '../shared/metrics.ts';
import { toByokError } from './problem.ts';

const REFUSALS: ReadonlySet<number> = new Set([401, 403, 429]);

export function installRequestMetrics(app: FastifyInstance, metrics: Pick<Metrics, 'request' | 'anonymousRefusal'>) {
  // Route → status → recorder. Looked up for every request; made once for each combination.
  const routes = new Map<string, Map<number, (seconds: number) => void>>();

  const recorder = (request: FastifyRequest, status: number): ((seconds: number) => void) => {
    const { url = 'unknown' } = request.routeOptions;
    const name = `${request.method} ${url}`;
    let statuses = routes.get(name);
    if (statuses === undefined) {
      statuses = new Map();
      routes.set(name, statuses);
    }
    let record = statuses.get(status);
    if (record === undefined) {
      record = metrics.request(request.method, url, status);
      statuses.set(status, record);
    }
    return record;
  };

  app.addHook('onResponse', (request, reply, done) => {
    done();
    recorder(request, reply.statusCode)(reply.elapsedTime / 1000);
  });

  app.addHook('onError', (request, _reply, error, done) => {
    if (request.principal === undefined) {
      const { status, code } = toByokError(error);
      if (REFUSALS.has(status)) metrics.anonymousRefusal(code);
    }
    done();
  });
}
