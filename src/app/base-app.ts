// An application without routes: how requests are read, limited, logged and refused, the same on every port.
import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Redis } from 'ioredis';
import { installBodyParsers } from '../http/body-parsers.ts';
import { answerClientError, installClientErrors } from '../http/client-errors.ts';
import { installDrain } from '../http/drain.ts';
import type { Outages } from '../http/health-routes.ts';
import type { MetricsRoutesOptions } from '../http/metrics-routes.ts';
import { installOpenApi } from '../http/openapi.ts';
import { installProblemHandlers } from '../http/problem.ts';
import { type RateLimits, rateLimitsPlugin } from '../http/rate-limits.ts';
import { rememberAddresses, trustIn } from '../http/request-address.ts';
import { installRequestLog } from '../http/request-log.ts';
import { installRequestMetrics } from '../http/request-metrics.ts';
import { installRequestTracing } from '../http/request-tracing.ts';
import { DEFAULT_LIMITS, installRouteLimits, NODE_LIMITS } from '../http/route-limits.ts';
import { answerUnroutable, installNotFound } from '../http/routing-errors.ts';
import { installTransport, transportHeaders } from '../http/transport.ts';
import type { LiveText } from '../shared/live-text.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Tracing } from '../shared/tracing.ts';

// Node refuses longer request lines and headers.
const MAX_ADDRESS_LENGTH = 16 * 1024;

/** What every port needs. */
export interface BaseDeps {
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  readonly production: boolean;
  readonly basePath: string;
  /** PEM texts, to serve HTTPS directly. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** CIDR ranges whose X-Forwarded-* headers count. */
  readonly trustedProxies: readonly string[];
  readonly rateLimits: RateLimits;
  readonly redis: Redis | undefined;
  readonly signIn: object | undefined;
  readonly readiness: () => 'starting' | 'ready' | 'stopping';
  readonly pingDatabase: () => Promise<void>;
  /** What the service can do without for a while, and whether it is there. */
  readonly outages: Outages;
  readonly metrics: Metrics & MetricsRoutesOptions['metrics'];
  /** What a scrape has to bring. The public port has no `/metrics` without one. */
  readonly metricsToken: LiveText | undefined;
  readonly tracing: Tracing | undefined;
}

export async function createBaseApp(
  deps: BaseDeps,
  { traceFromCallers = false, ...transport }: { traceFromCallers?: boolean; plainFromLoopback?: boolean } = {},
): Promise<FastifyInstance> {
  const app = createServer(deps);
  rememberAddresses(app.server);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installBodyParsers(app);
  app.decorateRequest('traceId', undefined);
  const { tracing } = deps;
  if (tracing !== undefined) installRequestTracing(app, { tracing, fromCallers: traceFromCallers });
  installProblemHandlers(app);
  installRequestMetrics(app, deps.metrics);
  installRequestLog(app);
  installTransport(app, { httpsOnly: deps.production, loopbackHostsOnly: deps.signIn === undefined, ...transport });
  installDrain(app);
  installClientErrors(app);
  installRouteLimits(app);
  await app.register(cookie);
  app.decorateRequest('principal', undefined);
  app.decorateRequest('caller', undefined);
  await app.register(rateLimitsPlugin, { limits: deps.rateLimits, redis: deps.redis });
  await installOpenApi(app, { version: deps.version });
  installNotFound(app);
  return app;
}

function createServer({ logger, tls, trustedProxies, production }: BaseDeps): FastifyInstance {
  const instance = `${randomBytes(4).toString('hex')}-`;
  let count = 0;
  return fastify({
    loggerInstance: logger,
    // One line a request is request-log.ts's; Fastify's two would add what must not be logged.
    logController: new LogController({ disableRequestLogging: true }),
    ...DEFAULT_LIMITS,
    // Never `true`, which would take what the client says.
    trustProxy: trustedProxies.length === 0 ? false : trustIn(trustedProxies),
    // Never the client's own id: it is logged and echoed.
    requestIdHeader: false,
    genReqId: () => `${instance}${(count++).toString(36)}`,
    // What still comes over an open connection is answered like anything else, not in a form of Fastify's own.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) =>
      void answerUnroutable(error, request, reply, transportHeaders({ httpsOnly: production })),
    // A part of an address as long as the address may be: whether it names a provider is for the route to say.
    routerOptions: { maxParamLength: MAX_ADDRESS_LENGTH },
    ...(tls === undefined ? { http: NODE_LIMITS } : { https: { ...NODE_LIMITS, ...tls } }),
  }) as FastifyInstance;
}
