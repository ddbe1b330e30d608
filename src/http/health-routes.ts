// For load balancers and people: is the process alive, and does it take work?
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';

interface HealthOptions {
  readiness: () => 'starting' | 'ready' | 'stopping';
  /** Rejects when the database does not answer. */
  pingDatabase: () => Promise<void>;
}

const alive = z.object({ status: z.literal('ok') }).describe('It is.');
const ready = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.object({ directory: z.enum(['ok', 'waiting', 'stopping']), database: z.enum(['ok', 'unavailable']) }),
  })
  .describe('Whether it takes work, and what is missing.');

export const healthRoutes: FastifyPluginAsyncZod<HealthOptions> = async (app, { readiness, pingDatabase }) => {
  const config = { healthProbe: true };

  app.get(
    '/healthz',
    { config, schema: { tags: ['health'], summary: 'Is the process alive?', response: { 200: alive } } },
    async (_request, reply) => {
      reply.header('cache-control', 'no-store');
      return { status: 'ok' as const };
    },
  );

  app.get(
    '/readyz',
    { config, schema: { tags: ['health'], summary: 'Does it take work?', response: { 200: ready, 503: ready } } },
    async (_request, reply) => {
      const database = await pingDatabase().then(
        () => 'ok' as const,
        () => 'unavailable' as const,
      );
      const state = readiness();
      const directory =
        state === 'ready' ? ('ok' as const) : state === 'starting' ? ('waiting' as const) : ('stopping' as const);
      const status = directory === 'ok' && database === 'ok' ? ('ready' as const) : ('not_ready' as const);
      reply.header('cache-control', 'no-store');
      if (status === 'not_ready') reply.header('retry-after', 5);
      return reply.code(status === 'ready' ? 200 : 503).send({ status, checks: { directory, database } });
    },
  );
};
