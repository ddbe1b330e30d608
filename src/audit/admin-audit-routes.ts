// The whole audit log, for administrators. Looking into it is recorded in it.
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { problemResponses } from '../http/problem.ts';
import { ADMIN_CODES, CHANGE_CODES } from '../http/problem-codes.ts';
import { readAuditPage, sendAuditFile, showWhole } from './audit-export.ts';
import { adminAuditAnswer, adminAuditQuery, seqOf, verifyAnswer, verifyBody } from './audit-schemas.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { RequestAudit } from './request-audit.ts';

interface AdminAuditRoutesOptions {
  trail: AuditTrail;
  audit: RequestAudit;
}

const common = { tags: ['audit'], security: [{ session: [] }, { bearer: [] }] };
const CODES = [...ADMIN_CODES, 'validation_failed', 'database_unavailable', 'audit_unavailable'] as const;

export const adminAuditRoutes: FastifyPluginAsyncZod<AdminAuditRoutesOptions> = async (app, { trail, audit }) => {
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  const list = {
    ...common,
    summary: 'What happened, to anybody',
    description: 'With `format=csv` or `format=ndjson` a file of every row that fits. Each look is a row itself.',
    querystring: adminAuditQuery,
    response: { 200: adminAuditAnswer, ...problemResponses(...CODES) },
  };
  app.get('/admin/audit', { schema: list, config: { audit: { action: 'admin.read' } } }, async (request, reply) => {
    const { limit, cursor, format = 'json', request_id: requestId, ...filters } = request.query;
    const filter = { ...filters, requestId };
    const entry = { outcome: 'ok', subject: filters.subject, details: { format, what: 'audit' } } as const;
    await audit.record(request, format === 'json' ? entry : { ...entry, action: 'audit.export' });
    if (format !== 'json') return sendAuditFile(reply as FastifyReply, format, trail, filter, showWhole);
    const before = cursor === undefined ? undefined : seqOf(cursor);
    return await readAuditPage(trail, filter, showWhole, { limit, before });
  });

  const verify = {
    ...common,
    summary: 'Check that nobody has changed the audit log',
    description: 'Reads all of it. With anchors from the service’s log it also finds what was cut off at its end.',
    body: verifyBody,
    response: {
      200: verifyAnswer,
      ...problemResponses(...CODES, ...CHANGE_CODES),
    },
  };
  app.post(
    '/admin/audit/verify',
    { schema: verify, config: { audit: { action: 'audit.verify' } }, preHandler: app.limits.test },
    async (request) => {
      const { rows, firstBad, head, restores, anchors } = await trail.verify(request.body?.anchors ?? []);
      const result =
        firstBad === undefined ? { outcome: 'ok' as const } : { outcome: 'failed' as const, reason: firstBad.reason };
      await audit.record(request, { ...result, details: { rows } });
      return {
        ok: firstBad === undefined,
        rows,
        first_bad: firstBad ?? null,
        head: head ?? null,
        anchors,
        restores: restores.map((restore) => ({ ...restore, at: restore.at.toISOString() })),
      };
    },
  );
};
