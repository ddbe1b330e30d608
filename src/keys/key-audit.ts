// The audit rows of the key calls.
import type { FastifyRequest } from 'fastify';
import type { AuditAction } from '../audit/audit-log.ts';
import type { AuditEntry, RequestAudit } from '../audit/request-audit.ts';
import { principalOf } from '../http/principal.ts';
import type { ProbeResult } from '../providers/provider-probe.ts';
import type { Provider } from '../providers/provider-table.ts';
import type { KeyChanges } from './key-service.ts';

const aboutOwn = (request: FastifyRequest, provider: Provider) => ({
  provider: provider.id,
  subject: principalOf(request).userId,
});

export const recordKey = (
  audit: RequestAudit,
  request: FastifyRequest,
  action: AuditAction,
  provider: Provider,
  details?: AuditEntry['details'],
): Promise<void> => audit.recordChange(request, { action, ...aboutOwn(request, provider), details });

/** The test is what succeeds or fails: a key that does not work is a test that failed. */
export function recordTest(audit: RequestAudit, request: FastifyRequest, provider: Provider, result: ProbeResult) {
  const { status, reason } = result;
  const stored = request.body === null || request.body === undefined;
  const outcome = status === 'valid' ? ({ outcome: 'ok' } as const) : ({ outcome: 'failed', reason } as const);
  return audit.record(request, {
    action: 'key.test',
    ...outcome,
    ...aboutOwn(request, provider),
    details: { status, stored },
  });
}

/** Which fields, never what they hold; but for whether the key is on. */
export function whatChanged({ label, enabled, key, endpoint }: KeyChanges): AuditEntry['details'] {
  return {
    ...(label === undefined ? {} : { label: true }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(key === undefined ? {} : { key: true }),
    ...(endpoint === undefined ? {} : { endpoint: true }),
  };
}
