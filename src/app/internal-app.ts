// The application on the port of internal services: their calls, and what every port has.
import type { FastifyInstance } from 'fastify';
import { healthRoutes } from '../http/health-routes.ts';
import { metricsRoutes } from '../http/metrics-routes.ts';
import { openApiRoutes } from '../http/openapi.ts';
import { API_PREFIX, type BaseDeps, createBaseApp } from './app.ts';
import { type InternalDeps, internalScope } from './internal-scope.ts';

/**
 * In production it answers over HTTPS: its own, or a trusted proxy's. A program on this machine may do without, since
 * nobody is in between.
 */
export async function buildInternalApp(deps: BaseDeps & { readonly internal: InternalDeps }): Promise<FastifyInstance> {
  const app = await createBaseApp(deps, { plainFromLoopback: true, traceFromCallers: true });
  await app.register(
    async (root) => {
      await root.register(healthRoutes, deps);
      await root.register(metricsRoutes, { metrics: deps.metrics, token: deps.metricsToken });
      await root.register(async (open) => {
        open.addHook('onRequest', root.limits.address);
        await openApiRoutes(open);
      });
      await root.register(internalScope, { prefix: API_PREFIX, ...deps.internal });
    },
    { prefix: deps.basePath },
  );
  return app;
}
