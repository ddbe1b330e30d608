// Bodies are JSON and nothing else: a form on another site cannot send JSON without asking first.
import type { FastifyInstance } from 'fastify';

/** Call on the root before routes. A request without a body passes with any content type, or none. */
export function acceptJsonBodiesOnly(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async ({ headers }) => {
    const empty = headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0;
    if (empty) delete headers['content-type'];
  });
}
