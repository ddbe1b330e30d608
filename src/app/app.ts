// The two applications, from their features. Tests, the embedded default and production differ in what they pass, nowhere else.
import type { FastifyInstance } from 'fastify';
import type { RequestAudit } from '../audit/request-audit.ts';
import type { Feature } from '../http/feature.ts';
import { healthRoutes } from '../http/health-routes.ts';
import { metricsRoutes } from '../http/metrics-routes.ts';
import { openApiRoutes } from '../http/openapi.ts';
import { stylesheetRoute } from '../http/page.ts';
import type { Authenticate } from '../sessions/authenticate-hook.ts';
import type { DescribeUser } from '../users/usable-user.ts';
import { type BaseDeps, createBaseApp } from './base-app.ts';
import { openScope, peopleScope, type ServiceHooks, serviceScope, unlimitedScope } from './scopes.ts';

export interface AppDeps extends BaseDeps {
  /** What browsers call the service: scheme, host, port. */
  readonly publicUrl: string;
  readonly features: readonly Feature[];
  readonly authenticate: Authenticate;
  readonly describeUser: DescribeUser;
  readonly audit: Pick<RequestAudit, 'recordRefusal'>;
  /** Where internal services call here. Undefined: they have a port of their own. */
  readonly services: ServiceHooks | undefined;
}

/** The application for people. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const app = await createBaseApp(deps);
  await app.register((root) => registerPublic(root, deps), { prefix: deps.basePath });
  return app;
}

async function registerPublic(root: FastifyInstance, deps: AppDeps): Promise<void> {
  const { features, metrics, metricsToken, services } = deps;
  await root.register(healthRoutes, deps);
  await root.register(
    openScope([openApiRoutes, (scope) => scope.register(stylesheetRoute), ...offered(features, 'open')]),
  );
  if (metricsToken !== undefined)
    await root.register(openScope([(scope) => scope.register(metricsRoutes, { metrics, token: metricsToken })]));
  await root.register(unlimitedScope(offered(features, 'unlimited')));
  await root.register(peopleScope(deps, features));
  if (services !== undefined) await root.register(serviceScope(services, features));
}

export interface InternalAppDeps extends BaseDeps {
  readonly features: readonly Feature[];
  readonly services: ServiceHooks;
}

/**
 * The application on the port of internal services.
 * In production it answers over HTTPS: its own, or a trusted proxy's. A program on this machine may do without, since
 * nobody is in between.
 */
export async function buildInternalApp(deps: InternalAppDeps): Promise<FastifyInstance> {
  const app = await createBaseApp(deps, { plainFromLoopback: true, traceFromCallers: true });
  await app.register(
    async (root) => {
      await root.register(healthRoutes, deps);
      const metrics = { metrics: deps.metrics, token: deps.metricsToken };
      await root.register(openScope([openApiRoutes, (scope) => scope.register(metricsRoutes, metrics)]));
      await root.register(serviceScope(deps.services, deps.features));
    },
    { prefix: deps.basePath },
  );
  return app;
}

const offered = (features: readonly Feature[], scope: 'open' | 'unlimited') =>
  features.flatMap((feature) => feature[scope] ?? []);
