// When each of the person's keys was last used, and by whom. Registered inside the scope of people.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { principalOf } from '../http/principal.ts';
import { problemResponses } from '../http/problem.ts';
import { ACCOUNT_CODES } from '../http/problem-codes.ts';
import type { KeyUses } from './key-uses.ts';

const lastUsesAnswer = z
  .object({
    items: z.array(
      z.object({
        provider: z.string(),
        used_at: z.iso.datetime(),
        service: z.string().describe('Name of the service that got it.'),
      }),
    ),
    next_cursor: z.null(),
  })
  .describe('The last use of each key that was ever used.');

export const lastUsesRoute: FastifyPluginAsyncZod<{ keyUses: KeyUses }> = async (app, { keyUses }) => {
  const schema = {
    tags: ['keys'],
    summary: 'When your keys were last used',
    description: 'For each provider the last time that a service got your own key. As far back as the audit log goes.',
    security: [{ session: [] }, { bearer: [] }],
    response: {
      200: lastUsesAnswer,
      ...problemResponses(...ACCOUNT_CODES, 'database_unavailable'),
    },
  };
  app.get('/keys/last-uses', { schema }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const uses = await keyUses.lastOf(principalOf(request).userId);
    const items = uses.map(({ provider, at, service }) => ({ provider, used_at: at.toISOString(), service }));
    return { items, next_cursor: null };
  });
};
