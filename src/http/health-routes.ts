// For load balancers and people: is the process alive, and does it take work?
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** What fails of each part, in a word; undefined where nothing does. Only what is configured. */
export type Outages = () => {
  readonly database?: string | undefined;
  readonly keycloak?: string | undefined;
  readonly redis?: string | undefined;
};

interface HealthOptions {
  readiness: () => 'starting' | 'ready' | 'stopping';
  /** Rejects when the database does not answer: asked where nothing else is known to be wrong with it. */
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
      redis: there.optional().describe('Whether it does what the service needs, and this replica hears the others.'),
    }),
    reasons: z
      .object({ database: z.string().optional(), keycloak: z.string().optional(), redis: z.string().optional() })
      .optional()
      .describe('What fails, in a word, of each part that is `unavailable`.'),
  })
  .describe('Whether it takes work, and what is missing.');

export const healthRoutes: FastifyPluginAsyncZod<HealthOptions> = async (app, { readiness, pingDatabase, outages }) => {
  const config = { quiet: true, plainHttp: true };
  app.addHook('onRequest', app.limits.health);

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
      const { database = await pingDatabase().then(nothing, () => 'no_answer'), ...others } = outages();
      const state = readiness();
      const directory =
        state === 'ready' ? ('ok' as const) : state === 'starting' ? ('waiting' as const) : ('stopping' as const);
      const works = directory === 'ok' && database === undefined;
      // Without these it still answers from memory: taking every replica out of service would make the outage whole.
      const whole = Object.values(others).every((word) => word === undefined);
      const status = works ? (whole ? ('ready' as const) : ('degraded' as const)) : ('not_ready' as const);
      reply.header('cache-control', 'no-store');
      if (!works) reply.header('retry-after', 5);
      const reasons = Object.entries({ database, ...others }).filter(([, word]) => word !== undefined);
      return reply.code(works ? 200 : 503).send({
        status,
        checks: {
          directory,
          database: checkOf(database),
          ...('keycloak' in others && { keycloak: checkOf(others.keycloak) }),
          ...('redis' in others && { redis: checkOf(others.redis) }),
        },
        ...(reasons.length > 0 && { reasons: Object.fromEntries(reasons) }),
      });
    },
  );
};

const nothing = (): undefined => undefined;
const checkOf = (word: string | undefined): 'ok' | 'unavailable' => (word === undefined ? 'ok' : 'unavailable');
