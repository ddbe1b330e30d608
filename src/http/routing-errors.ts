// What no route answers: unknown addresses and wrong methods.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ByokError } from '../shared/errors.ts';
import { countRefusal, sendProblem, toByokError } from './problem.ts';
import { logRequest } from './request-log.ts';

interface RegisteredRoute {
  readonly method: string;
  readonly url: string;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route as registered, for the answer to a wrong method. */
    registeredRoutes: readonly RegisteredRoute[];
  }
}

/** Tells a wrong method (405 with Allow) from an unknown address (404). Install before the routes. */
export function installNotFound(app: FastifyInstance): void {
  const routes: RegisteredRoute[] = [];
  app.decorate('registeredRoutes', routes);
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, url });
  });
  // Before the body is looked at: what it holds does not matter here.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return;
    const path = request.url.split('?', 1)[0] ?? '';
    // As in OpenAPI, an address that is written out counts before one with a parameter in it.
    const exact = routes.filter((route) => route.url === path);
    const fitting = exact.length > 0 ? exact : routes.filter((route) => matches(route.url, path));
    const allowed = new Set(fitting.map((route) => route.method));
    if (allowed.size === 0) throw new ByokError('route_not_found');
    reply.header('allow', [...allowed].sort().join(', '));
    throw new ByokError('method_not_allowed');
  });
  // A route that has nothing to give, such as a file that is not there.
  app.setNotFoundHandler(async () => {
    throw new ByokError('route_not_found');
  });
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return false;
  return wanted.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]));
}

/** An address that cannot be decoded: the router gave up before any hook, so this puts on what hooks would have. */
export async function answerUnroutable(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const known = await countRefusal(toByokError(error), request, reply);
  request.problem = known;
  logRequest(request, { route: 'unknown', status: known.status });
  void sendProblem(known, request, reply.headers({ ...headers, 'x-request-id': request.id }));
}
