// Protection is by scope: what is registered in one has passed its hooks, whatever its address.
import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { AuditLog } from '../audit/audit-log.ts';
import { installRefusalAudit, type RequestAudit } from '../audit/request-audit.ts';
import { createCsrfGuard } from '../http/csrf.ts';
import type { Feature, Routes } from '../http/feature.ts';
import { requireAdmin } from '../http/principal.ts';
import { createAuthenticateService, createScopeGuard } from '../services/authenticate-service-hook.ts';
import type { ServiceIdentities } from '../services/service-identities.ts';
import type { Authenticate } from '../sessions/authenticate-hook.ts';
import type { ServiceScope } from '../shared/service-scopes.ts';
import { createRequireAccount } from '../users/account-hook.ts';
import type { DescribeUser } from '../users/usable-user.ts';

interface PeopleHooks {
  readonly publicUrl: string;
  readonly authenticate: Authenticate;
  readonly describeUser: DescribeUser;
  readonly audit: Pick<RequestAudit, 'recordRefusal'>;
}

export interface ServiceHooks {
  readonly serviceIdentities: ServiceIdentities;
  readonly auditLog: AuditLog;
}

async function registerAll(scope: FastifyInstance, routes: readonly Routes[]): Promise<void> {
  for (const register of routes) await register(scope);
}

/** Anybody, limited by address. */
export const openScope =
  (routes: readonly Routes[]): FastifyPluginAsync =>
  async (scope) => {
    scope.addHook('onRequest', scope.limits.address);
    await registerAll(scope, routes);
  };

/** Anybody; the routes limit for themselves. */
export const unlimitedScope =
  (routes: readonly Routes[]): FastifyPluginAsync =>
  (scope) =>
    registerAll(scope, routes);

/** Signed-in people: every request has a principal. */
export const peopleScope =
  ({ publicUrl, authenticate, describeUser, audit }: PeopleHooks, features: readonly Feature[]): FastifyPluginAsync =>
  async (scope) => {
    scope.addHook('onRequest', scope.limits.address);
    scope.addHook('onRequest', authenticate);
    scope.addHook('onRequest', scope.limits.user);
    scope.addHook('onRequest', createCsrfGuard({ publicUrl }));
    installRefusalAudit(scope, audit);
    for (const { people, accounts, admins } of features) {
      await people?.(scope);
      await scope.register(async (known) => {
        known.addHook('onRequest', createRequireAccount(describeUser));
        await accounts?.(known);
        await known.register(async (administered) => {
          administered.addHook('onRequest', requireAdmin);
          await admins?.(administered);
        });
      });
    }
  };

/** Services: every request has a caller, who has the scope of the route. */
export const serviceScope =
  ({ serviceIdentities, auditLog }: ServiceHooks, features: readonly Feature[]): FastifyPluginAsync =>
  async (scope) => {
    scope.addHook('onRequest', createAuthenticateService(serviceIdentities, scope.limits));
    scope.addHook('onRequest', scope.limits.service);
    for (const { services = {} } of features)
      for (const [name, routes] of Object.entries(services) as [ServiceScope, Routes][])
        await scope.register(async (guarded) => {
          guarded.addHook('onRequest', createScopeGuard(name, auditLog));
          await routes(guarded);
        });
  };
