// What the routes write into the audit log: who asks, from where, and what came of it.
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { isAdmin } from '../http/principal.ts';
import { toByokError } from '../http/problem.ts';
import { addressOf } from '../http/request-address.ts';
import { PROVIDERS } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import type { AuditAction, AuditActor, RequestOrigin } from './audit-log.ts';
import type { Acting, AuditEntry, AuditRecorder } from './audit-recorder.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a request to this route does, where that has rows in the audit log. */
    audit?: AuditedRoute;
  }
}

export interface AuditedRoute {
  readonly action: AuditAction;
  /** Whom a refusal concerns. `self`: the person who asks. `named`: the one whom the path names. Left out: nobody. */
  readonly about?: 'self' | 'named';
}

/** The action is the route's and the actor the request's principal, unless others are given. */
type RouteEntry = Omit<AuditEntry, 'action'> & { readonly action?: AuditAction; readonly actor?: AuditActor };

export interface RequestAudit {
  /** @throws ByokError `audit_unavailable`. */
  record(request: FastifyRequest, entry: RouteEntry): Promise<void>;
  /** For what has just been done. The error says so. @throws ByokError `audit_unavailable`. */
  recordChange(request: FastifyRequest, entry: Omit<RouteEntry, 'outcome'>): Promise<void>;
  /** Where the route declares `audit`. @throws ByokError `audit_unavailable`. */
  recordRefusal(request: FastifyRequest, error: ByokError): Promise<void>;
}

const NOBODY = { kind: 'system', id: 'anonymous' } as const;

export const originOf = (request: FastifyRequest): RequestOrigin => ({
  requestId: request.id,
  address: addressOf(request),
});

/** The person who asks, and from where. */
export function actingIn(request: FastifyRequest): Acting {
  const userId = request.principal?.userId;
  return { actor: userId === undefined ? NOBODY : { kind: 'user', id: userId }, origin: originOf(request) };
}

export function createRequestAudit(recorder: AuditRecorder): RequestAudit {
  return {
    async record(request, { actor, ...entry }) {
      await recorder.record(actingAs(request, actor), { ...entry, action: actionOf(request, entry.action) });
    },
    async recordChange(request, { actor, ...entry }) {
      await recorder.recordChange(actingAs(request, actor), { ...entry, action: actionOf(request, entry.action) });
    },
    async recordRefusal(request, error) {
      const { principal, routeOptions } = request;
      const route = routeOptions.config.audit;
      if (principal === undefined || route === undefined) return;
      const subject = subjectOf(request, route);
      const attempt = { action: route.action, subject, provider: providerNamedBy(request) };
      await recorder.recordRefusal(actingIn(request), attempt, error);
    },
  };
}

/**
 * Records refusals and failures of the scope's routes that declare `audit`, before they are answered.
 * Where that is not possible, the answer is 503 instead.
 */
export function installRefusalAudit(scope: FastifyInstance, audit: Pick<RequestAudit, 'recordRefusal'>): void {
  const answer = scope.errorHandler;
  scope.setErrorHandler(async (error: FastifyError | ByokError, request, reply) => {
    const recorded = await audit.recordRefusal(request, toByokError(error)).then(
      () => error,
      (failure: ByokError) => failure,
    );
    return answer(recorded as FastifyError, request, reply);
  });
}

const actingAs = (request: FastifyRequest, actor: AuditActor | undefined): Acting =>
  actor === undefined ? actingIn(request) : { actor, origin: originOf(request) };

function actionOf({ routeOptions }: FastifyRequest, action: AuditAction | undefined): AuditAction {
  const known = action ?? routeOptions.config.audit?.action;
  if (known === undefined) throw new ByokError('internal', { reason: `${routeOptions.url} declares no audit action` });
  return known;
}

/** Of an administrator's calls: the person named. Somebody else's words name nobody. */
function subjectOf({ principal, params }: FastifyRequest, { about }: AuditedRoute): string | undefined {
  if (about === 'self') return principal?.userId;
  if (about === undefined || principal === undefined || !isAdmin(principal)) return undefined;
  return typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : undefined;
}

function providerNamedBy({ params, body }: FastifyRequest): string | undefined {
  for (const part of [params, body]) {
    if (typeof part !== 'object' || part === null || !('provider' in part)) continue;
    if (typeof part.provider === 'string' && PROVIDERS.has(part.provider)) return part.provider;
  }
  return undefined;
}
