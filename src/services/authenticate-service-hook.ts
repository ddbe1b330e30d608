// Finds out which service is asking, and whether it may: by bearer alone. Sessions of people mean nothing here.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuditLog } from '../audit/audit-log.ts';
import { originOf } from '../audit/request-audit.ts';
import { ByokError } from '../shared/errors.ts';
import type { ServiceScope } from '../shared/service-scopes.ts';
import { requireScope, type ServiceCaller } from './service-caller.ts';
import type { ServiceIdentities } from './service-identities.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Which service is asking. Set by the hook that `createAuthenticateService` makes. */
    caller: ServiceCaller | undefined;
  }
}

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * A hook that sets `request.caller`; it throws ByokError `not_authenticated`, or that it cannot be known.
 * Only credentials that were not seen before count for the address, so that services share one as they like.
 */
export function createAuthenticateService(
  identities: ServiceIdentities,
  limits: Pick<FastifyInstance['limits'], 'address'>,
): Hook {
  return async (request, reply) => {
    const bearer = serviceBearerOf(request);
    const known = bearer === undefined ? undefined : identities.known(bearer);
    if (known === undefined) await limits.address(request, reply);
    if (bearer === undefined) throw new ByokError('not_authenticated');
    request.caller = known ?? (await identities.verify(bearer));
  };
}

/** A hook for all routes of a scope, to run after authentication. It throws ByokError `scope_required`. */
export function createScopeGuard(scope: ServiceScope, audit: AuditLog): Hook {
  return async (request) => {
    const caller = callerOf(request);
    const action = request.routeOptions.config.audit?.action;
    if (!caller.scopes.has(scope) && action !== undefined) {
      const actor = { kind: 'service', id: caller.id } as const;
      await audit.append({ action, outcome: 'refused', reason: 'scope_required', actor, ...originOf(request) });
    }
    requireScope(caller, scope);
  };
}

/** @returns the caller of a route that demands one. */
export function callerOf({ caller }: FastifyRequest): ServiceCaller {
  if (caller === undefined) throw new ByokError('not_authenticated');
  return caller;
}

function serviceBearerOf({ headers: { authorization } }: FastifyRequest): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}
