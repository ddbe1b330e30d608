// The numbers of the whole service, for administrators. Nothing in them is of a person, so no look is recorded.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { problemResponses } from '../http/problem.ts';
import { ADMIN_CODES } from '../http/problem-codes.ts';
import { overviewAnswer, overviewQuery } from './admin-schemas.ts';
import type { Overview } from './overview.ts';
import { overviewToAnswer } from './overview-answer.ts';

interface AdminOverviewOptions {
  /** Never rejects. */
  readonly overview: (days: number) => Promise<Overview>;
}

export const adminOverviewRoute: FastifyPluginAsyncZod<AdminOverviewOptions> = async (app, { overview }) => {
  const schema = {
    tags: ['admin'],
    summary: 'How the service is doing',
    description: 'Answers while parts of it are away, too: what cannot be known then is null.',
    security: [{ session: [] }, { bearer: [] }],
    querystring: overviewQuery,
    response: {
      200: overviewAnswer,
      ...problemResponses(...ADMIN_CODES, 'validation_failed'),
    },
  };
  app.get('/admin/overview', { schema }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    return overviewToAnswer(await overview(request.query.days));
  });
};
