// Makes the whole HTTP application from its dependencies. Tests, the embedded default and production differ
// in what they pass, nowhere else.
import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import { fastify, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Redis } from 'ioredis';
import { ByokError } from '../domain/errors.ts';
import type { KeyService } from '../domain/key-service.ts';
import { installBodyParsers } from './body-parsers.ts';
import { healthRoutes } from './health-routes.ts';
import { keyRoutes } from './key-routes.ts';
import { installOpenApi, openApiRoutes } from './openapi.ts';
import { installProblemHandlers, sendProblem, toByokError } from './problem.ts';
import { type RateLimits, rateLimitsPlugin } from './rate-limits.ts';
import { installRequestLog } from './request-log.ts';
import { answerClientError, installNotFound, type RegisteredRoute } from './routing-errors.ts';
import { installTransport } from './transport.ts';

const API_PREFIX = '/api/v1/byok';
const BODY_LIMIT = 64 * 1024;

export interface AppDeps {
  readonly version: string;
  readonly logger: FastifyBaseLogger;
  readonly production: boolean;
  /** What browsers call the service: scheme, host, port. */
  readonly publicUrl: string;
  readonly basePath: string;
  /** PEM texts, to serve HTTPS directly. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  /** CIDR ranges whose X-Forwarded-* headers count. */
  readonly trustedProxies: readonly string[];
  readonly rateLimits: RateLimits;
  readonly redis: Redis | undefined;
  readonly keys: KeyService;
  readonly readiness: () => 'starting' | 'ready' | 'stopping';
  readonly pingDatabase: () => Promise<void>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Every route as registered, for the answer to a wrong method. */
    registeredRoutes: readonly RegisteredRoute[];
  }
}

export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const app = createServer(deps);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installBodyParsers(app);
  installProblemHandlers(app);
  installRequestLog(app);
  installTransport(app, { httpsOnly: deps.production, loopbackHostsOnly: false });
  await app.register(cookie);
  await app.register(rateLimitsPlugin, { limits: deps.rateLimits, redis: deps.redis });
  await installOpenApi(app, { version: deps.version, publicUrl: deps.publicUrl });
  installNotFound(app);

  await app.register(
    async (root) => {
      await root.register(healthRoutes, { readiness: deps.readiness, pingDatabase: deps.pingDatabase });
      await root.register(openApiRoutes);
    },
    { prefix: deps.basePath },
  );
  return app;
}

function createServer({ logger, tls, trustedProxies }: AppDeps): FastifyInstance {
  const instance = `${randomBytes(4).toString('hex')}-`;
  let count = 0;
  return fastify({
    loggerInstance: logger,
    disableRequestLogging: true,
    bodyLimit: BODY_LIMIT,
    // CIDRs only: `true` would take what the client says, and a number is ignored.
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    // Slow or silent clients are cut off instead of holding a socket.
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 10_000,
    // Never the client's own id: it is logged and echoed.
    requestIdHeader: false,
    genReqId: () => `${instance}${(count++).toString(36)}`,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => sendProblem(toByokError(error), request, reply),
    ...(tls === undefined ? {} : { https: tls }),
  }) as FastifyInstance;
}
