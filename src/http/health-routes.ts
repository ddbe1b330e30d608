// For load balancers and people: is the process alive, and does it take work?
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** Only what is configured. */
export type Outages = () => { readonly [part in 'keycloak' | 'redis']?: 'ok' | 'unavailable' };

interface HealthOptions {
  readiness: () => 'starting' | 'ready' | 'stopping';
  /** Rejects when the database does not answer. */
  pingDatabase: () => Promise<void>;
  outages: Outages;
}

const alive = z.object({ status: z.literal('ok') }).describe('It is.');
const there = z.enum(['ok', 'unavailable']);
const ready = z
  .object({
    status: z.enum(['ready', 'degraded', 'not_ready']),
    checks: z.object({
      directory: z.enum(['ok', 'waiting', 'stopping']),
      database: there,
      keycloak: there.optional().describe('Whether its admin API answers.'),
      redis: there.optional().describe('Whether this replica hears the others.'),
    }),
  })
  .describe('Whether it takes work, and what is missing.');

export const healthRoutes: FastifyPluginAsyncZod<HealthOptions> = async (app, { readiness, pingDatabase, outages }) => {
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
      const others = outages();
      const works = directory === 'ok' && database === 'ok';
      // Without these it still answers from memory: taking every replica out of service would make the outage whole.
      const whole = Object.values(others).every((state) => state === 'ok');
      const status = works ? (whole ? ('ready' as const) : ('degraded' as const)) : ('not_ready' as const);
      reply.header('cache-control', 'no-store');
      if (!works) reply.header('retry-after', 5);
      return reply.code(works ? 200 : 503).send({ status, checks: { directory, database, ...others } });
    },
  );
};
