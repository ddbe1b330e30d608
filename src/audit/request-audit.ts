// What the routes write into the audit log: who asks, from where, and what came of it.
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { isAdmin } from '../http/principal.ts';
import { toByokError } from '../http/problem.ts';
import { PROVIDERS } from '../providers/provider-table.ts';
import { ByokError, type ErrorCode } from '../shared/errors.ts';
import type { AuditAction, AuditEvent, AuditLog } from './audit-log.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a request to this route does, where a refusal of it is to be recorded. */
    auditAction?: AuditAction;
  }
}

/** The actor is the request's principal unless another is given. */
export type AuditEntry = Omit<AuditEvent, 'actor' | 'requestId' | 'address'> & { readonly actor?: AuditEvent['actor'] };

export interface RequestAudit {
  /** @throws ByokError `audit_unavailable`. */
  record(request: FastifyRequest, entry: AuditEntry): Promise<void>;
  /** For what has just been done. The error says so. @throws ByokError `audit_unavailable`. */
  recordChange(request: FastifyRequest, entry: Omit<AuditEntry, 'outcome'>): Promise<void>;
}

const UNSURE =
  'The change may have been made, but it cannot be recorded right now. Look whether it was, and try again shortly.';

export function createRequestAudit(log: AuditLog): RequestAudit {
  const record: RequestAudit['record'] = (request, entry) => {
    const userId = request.principal?.userId;
    const actor = userId === undefined ? NOBODY : ({ kind: 'user', id: userId } as const);
    return log.append({ actor, ...entry, requestId: request.id, address: request.ip });
  };
  return {
    record,
    async recordChange(request, entry) {
      try {
        await record(request, { ...entry, outcome: 'ok' });
      } catch (error) {
        if (!(error instanceof ByokError)) throw error;
        throw new ByokError('audit_unavailable', { detail: UNSURE, reason: error.message, cause: error });
      }
    },
  };
}

const NOBODY = { kind: 'system', id: 'anonymous' } as const;

/** Decisions about a person, and changes that may have happened half. Malformed requests and limits are not rows. */
const RECORDED: ReadonlySet<ErrorCode> = new Set([
  'account_disabled',
  'tier_required',
  'admin_required',
  'cross_site_request',
  'key_not_found',
  'session_not_found',
  'user_not_found',
  'write_conflict',
  'endpoint_refused',
  'directory_unavailable',
  'directory_misconfigured',
  'internal',
]);

/**
 * Records refusals and failures of the scope's routes that name an `auditAction`, before they are answered.
 * Where that is not possible, the answer is 503 instead.
 */
export function installRefusalAudit(scope: FastifyInstance, audit: RequestAudit): void {
  const answer = scope.errorHandler;
  scope.setErrorHandler(async (error: FastifyError | ByokError, request, reply) => {
    const recorded = await recordRefusal(audit, request, toByokError(error)).then(
      () => error,
      (failure: ByokError) => failure,
    );
    return answer(recorded as FastifyError, request, reply);
  });
}

async function recordRefusal(audit: RequestAudit, request: FastifyRequest, error: ByokError): Promise<void> {
  const { principal, routeOptions } = request;
  const action = routeOptions.config.auditAction;
  if (principal === undefined || action === undefined || !RECORDED.has(error.code)) return;
  await audit.record(request, {
    action,
    outcome: error.status < 500 ? 'refused' : 'failed',
    reason: error.code,
    subject: subjectOf(request, action, error.code),
    provider: providerNamedBy(request),
  });
}

/** Refusals about oneself; of an administrator's calls, about the person named, as far as that is known to be one. */
function subjectOf({ principal, params }: FastifyRequest, action: AuditAction, code: ErrorCode): string | undefined {
  if (/^(?:key|session)\./.test(action)) return principal?.userId;
  if (code === 'user_not_found' || principal === undefined || !isAdmin(principal)) return undefined;
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : undefined;
}

function providerNamedBy({ params, body }: FastifyRequest): string | undefined {
  for (const part of [params, body]) {
    if (typeof part !== 'object' || part === null || !('provider' in part)) continue;
    if (typeof part.provider === 'string' && PROVIDERS.has(part.provider)) return part.provider;
  }
  return undefined;
}
