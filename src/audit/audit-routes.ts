// The person's own audit rows. Registered inside the scope of people: every request has a principal.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { principalOf } from '../http/principal.ts';
import { problemResponses } from '../http/problem.ts';
import { ACCOUNT_CODES } from '../http/problem-codes.ts';
import { readAuditPage, sendAuditFile, showTo } from './audit-export.ts';
import { ownAuditAnswer, ownAuditQuery, seqOf } from './audit-schemas.ts';
import type { AuditTrail } from './audit-trail.ts';

export const auditRoutes: FastifyPluginAsyncZod<{ trail: AuditTrail }> = async (app, { trail }) => {
  const schema = {
    tags: ['audit'],
    summary: 'What happened to your keys and sessions',
    description:
      'Rows that you caused or that are about you. With `Accept: text/csv` or `format=csv` a file of them all.',
    security: [{ session: [] }, { bearer: [] }],
    querystring: ownAuditQuery,
    response: {
      200: ownAuditAnswer,
      ...problemResponses(...ACCOUNT_CODES, 'validation_failed', 'database_unavailable'),
    },
  };
  app.get('/audit', { schema }, async (request, reply) => {
    const { userId } = principalOf(request);
    const { limit, cursor, format, ...filters } = request.query;
    const filter = { ...filters, concerning: userId };
    const isFile = format === undefined ? (request.headers.accept ?? '').includes('text/csv') : format === 'csv';
    reply.header('cache-control', 'no-store');
    if (isFile) return sendAuditFile(reply, 'csv', trail, filter, showTo(userId));
    const before = cursor === undefined ? undefined : seqOf(cursor);
    return await readAuditPage(trail, filter, showTo(userId), { limit, before });
  });
};
