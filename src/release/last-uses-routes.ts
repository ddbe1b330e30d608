// When each of the person's keys was last used, and by whom. Registered inside the session scope.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { principalOf } from '../http/principal.ts';
import { problemResponses } from '../http/problem.ts';
import { lastUsesAnswer } from '../keys/key-schemas.ts';
import type { KeyUses } from './key-uses.ts';

export const lastUsesRoute: FastifyPluginAsyncZod<{ keyUses: KeyUses }> = async (app, { keyUses }) => {
  const schema = {
    tags: ['keys'],
    summary: 'When your keys were last used',
    description: 'For each provider the last time that a service got your own key. As far back as the audit log goes.',
    security: [{ session: [] }, { bearer: [] }],
    response: {
      200: lastUsesAnswer,
      ...problemResponses(
        'not_authenticated',
        'account_disabled',
        'session_store_unavailable',
        'directory_unavailable',
        'database_unavailable',
      ),
    },
  };
  app.get('/keys/last-uses', { schema }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const uses = await keyUses.lastOf(principalOf(request).userId);
    const items = uses.map(({ provider, at, service }) => ({ provider, used_at: at.toISOString(), service }));
    return { items, next_cursor: null };
  });
};
