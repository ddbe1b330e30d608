// The scope of services: what is registered in it has a caller, whatever its address.
import type { FastifyInstance } from 'fastify';
import type { AuditLog } from '../audit/audit-log.ts';
import type { KeyRelease } from '../release/key-release.ts';
import { createAuthenticateService } from '../services/authenticate-service-hook.ts';
import { resolveRoute, tierRoutes } from '../services/internal-routes.ts';
import type { ServiceIdentities } from '../services/service-identities.ts';
import type { Subscriptions } from '../usage/subscriptions.ts';
import type { UsageService } from '../usage/usage.ts';
import { usageRoutes } from '../usage/usage-routes.ts';

export interface InternalDeps {
  readonly serviceIdentities: ServiceIdentities;
  readonly audit: AuditLog;
  readonly keyRelease: KeyRelease;
  readonly subscriptions: Subscriptions;
  readonly usage: UsageService;
}

export async function internalScope(scope: FastifyInstance, deps: InternalDeps): Promise<void> {
  const { serviceIdentities, audit, keyRelease, subscriptions, usage } = deps;
  scope.addHook('onRequest', createAuthenticateService(serviceIdentities, scope.limits));
  scope.addHook('onRequest', scope.limits.service);
  await scope.register(resolveRoute, { audit, keyRelease });
  await scope.register(tierRoutes, { audit, subscriptions });
  await scope.register(usageRoutes, { audit, usage });
}
