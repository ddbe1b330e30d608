// The numbers of the whole service, for administrators. Nothing in them is of a person, so no look is recorded.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { requireAdmin } from '../http/principal.ts';
import { problemResponses } from '../http/problem.ts';
import { overviewAnswer, overviewQuery } from './admin-schemas.ts';
import type { Overview } from './overview.ts';
import { overviewToAnswer } from './overview-answer.ts';

interface AdminOverviewOptions {
  /** Never rejects. */
  readonly overview: (days: number) => Promise<Overview>;
}

export const adminOverviewRoute: FastifyPluginAsyncZod<AdminOverviewOptions> = async (app, { overview }) => {
  app.addHook('onRequest', requireAdmin);
  const schema = {
    tags: ['admin'],
    summary: 'How the service is doing',
    description: 'Answers while parts of it are away, too: what cannot be known then is null.',
    security: [{ session: [] }, { bearer: [] }],
    querystring: overviewQuery,
    response: {
      200: overviewAnswer,
      ...problemResponses(
        'not_authenticated',
        'account_disabled',
        'admin_required',
        'validation_failed',
        'session_store_unavailable',
        'directory_unavailable',
      ),
    },
  };
  app.get('/admin/overview', { schema }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return overviewToAnswer(await overview(request.query.days));
  });
};
