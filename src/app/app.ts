// Makes the whole HTTP application from its dependencies. Tests, the embedded default and production differ
// in what they pass, nowhere else.
import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Redis } from 'ioredis';
import { adminOverviewRoute } from '../admin/admin-overview-routes.ts';
import { adminUserRoutes } from '../admin/admin-user-routes.ts';
import type { Overview } from '../admin/overview.ts';
import type { UserAdministration } from '../admin/user-administration.ts';
import { adminAuditRoutes } from '../audit/admin-audit-routes.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { auditRoutes } from '../audit/audit-routes.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { createRequestAudit } from '../audit/request-audit.ts';
import { installBodyParsers } from '../http/body-parsers.ts';
import { createCsrfGuard } from '../http/csrf.ts';
import { installDrain } from '../http/drain.ts';
import { healthRoutes, type Outages } from '../http/health-routes.ts';
import { type MetricsRoutesOptions, metricsRoutes } from '../http/metrics-routes.ts';
import { installOpenApi, openApiRoutes } from '../http/openapi.ts';
import { stylesheetRoute } from '../http/page.ts';
import { installProblemHandlers } from '../http/problem.ts';
import { type RateLimits, rateLimitsPlugin } from '../http/rate-limits.ts';
import { installRequestLog } from '../http/request-log.ts';
import { installRequestMetrics } from '../http/request-metrics.ts';
import { installRequestTracing } from '../http/request-tracing.ts';
import { answerClientError, answerUnroutable, installNotFound } from '../http/routing-errors.ts';
import { installTransport, transportHeaders } from '../http/transport.ts';
import { keyRoutes } from '../keys/key-routes.ts';
import type { KeyService } from '../keys/key-service.ts';
import { type UiAssets, uiRoutes } from '../page/ui-routes.ts';
import type { KeyUses } from '../release/key-uses.ts';
import { lastUsesRoute } from '../release/last-uses-routes.ts';
import type { Subscribing } from '../sessions/auth-schemas.ts';
import { createAuthenticate } from '../sessions/authenticate-hook.ts';
import { createBrowserSessions } from '../sessions/browser-sessions.ts';
import { demoSignInRoutes } from '../sessions/demo-sign-in-routes.ts';
import type { IdentityProvider } from '../sessions/identity-provider.ts';
import { logoutRoute } from '../sessions/logout-routes.ts';
import type { PlatformSessions } from '../sessions/platform-sessions.ts';
import { createSessionCookies } from '../sessions/session-cookies.ts';
import { sessionRoutes } from '../sessions/session-routes.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import { backchannelLogoutRoute, signInRoutes } from '../sessions/sign-in-routes.ts';
import type { SignInStore } from '../sessions/sign-in-store.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { Tracing } from '../shared/tracing.ts';
import { createRequireAccount } from '../users/account-hook.ts';
import type { DescribeUser } from '../users/usable-user.ts';
import { type InternalDeps, internalScope } from './internal-scope.ts';

export const API_PREFIX = '/api/v1/byok';
const BODY_LIMIT = 64 * 1024;
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
  readonly metricsToken: string | undefined;
  readonly tracing: Tracing | undefined;
}

export interface AppDeps extends BaseDeps {
  /** What browsers call the service: scheme, host, port. */
  readonly publicUrl: string;
  /** What internal services call, where it has no port of its own. */
  readonly internal: InternalDeps | undefined;
  readonly keys: KeyService;
  readonly sessions: SessionStore;
  /** Sessions of the ops-center back end, where they can be read. */
  readonly platformSessions: PlatformSessions | undefined;
  readonly findUserIdByEmail: (email: string) => Promise<string | undefined>;
  readonly describeUser: DescribeUser;
  /** Where people sign in. Undefined: the embedded default, whose demo users have no passwords and which answers this machine only. */
  readonly signIn:
    | { readonly identityProvider: IdentityProvider; readonly signIns: SignInStore; readonly origin: string }
    | undefined;
  readonly auditLog: AuditLog;
  readonly auditTrail: AuditTrail;
  readonly ui: UiAssets;
  readonly subscribing: Subscribing;
  readonly keyUses: KeyUses;
  /** For people with the role `byok-admin`. `overview` never rejects. */
  readonly administration: {
    readonly overview: (days: number) => Promise<Overview>;
    readonly users: UserAdministration;
  };
}

export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const app = await createBaseApp(deps);
  await app.register((root) => registerScopes(root, deps), { prefix: deps.basePath });
  return app;
}

/** An application without routes: how requests are read, limited, logged and refused. */
export async function createBaseApp(
  deps: BaseDeps,
  { traceFromCallers = false, ...transport }: { traceFromCallers?: boolean; plainFromLoopback?: boolean } = {},
): Promise<FastifyInstance> {
  const app = createServer(deps);
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
  await app.register(cookie);
  app.decorateRequest('principal', undefined);
  app.decorateRequest('caller', undefined);
  await app.register(rateLimitsPlugin, { limits: deps.rateLimits, redis: deps.redis });
  await installOpenApi(app, { version: deps.version });
  installNotFound(app);
  return app;
}

/** Protection is by scope: what is registered in the session scope has a principal, whatever its address. */
async function registerScopes(root: FastifyInstance, deps: AppDeps): Promise<void> {
  const { publicUrl, basePath, sessions, describeUser, findUserIdByEmail, signIn } = deps;
  const identityProvider = signIn?.identityProvider;
  const cookies = createSessionCookies({
    secure: publicUrl.startsWith('https:'),
    basePath,
  });
  const audit = createRequestAudit(deps.auditLog);
  const browserSessions = createBrowserSessions({ sessions, cookies, audit });
  const authenticate = createAuthenticate({
    cookies,
    sessions,
    platformSessions: deps.platformSessions,
    findUserIdByEmail,
    identityProvider,
  });

  await root.register(healthRoutes, {
    readiness: deps.readiness,
    pingDatabase: deps.pingDatabase,
    outages: deps.outages,
  });

  await root.register(async (open) => {
    open.addHook('onRequest', root.limits.address);
    await openApiRoutes(open);
    await open.register(stylesheetRoute);
    await open.register(uiRoutes, {
      ui: deps.ui,
      authenticate,
      basePath,
      demo: signIn === undefined,
      providerOrigin: signIn?.origin,
    });
    await open.register(logoutRoute, { browserSessions, identityProvider, publicUrl, basePath });
    if (signIn === undefined)
      await open.register(demoSignInRoutes, { browserSessions, findUserIdByEmail, describeUser, publicUrl, basePath });
    else await open.register(signInRoutes, { ...signIn, sessions, browserSessions, cookies, publicUrl, basePath });
  });

  const { metrics, metricsToken } = deps;
  if (metricsToken !== undefined)
    await root.register(async (scope) => {
      scope.addHook('onRequest', root.limits.address);
      await scope.register(metricsRoutes, { metrics, token: metricsToken });
    });

  if (signIn !== undefined) await root.register(backchannelLogoutRoute, { ...signIn, sessions, audit });

  await root.register(async (scope) => {
    scope.addHook('onRequest', root.limits.address);
    scope.addHook('onRequest', authenticate);
    scope.addHook('onRequest', root.limits.user);
    scope.addHook('onRequest', createCsrfGuard({ publicUrl }));
    await scope.register(sessionRoutes, { sessions, cookies, describeUser, subscribing: deps.subscribing, audit });
    await scope.register(keyRoutes, { prefix: API_PREFIX, keys: deps.keys, audit });
    await scope.register(async (known) => {
      known.addHook('onRequest', createRequireAccount(describeUser));
      await known.register(auditRoutes, { prefix: API_PREFIX, trail: deps.auditTrail });
      await known.register(adminAuditRoutes, { prefix: API_PREFIX, trail: deps.auditTrail, audit });
      await known.register(lastUsesRoute, { prefix: API_PREFIX, keyUses: deps.keyUses });
      const { overview, users } = deps.administration;
      await known.register(adminOverviewRoute, { prefix: API_PREFIX, overview });
      await known.register(adminUserRoutes, { prefix: API_PREFIX, users, keys: deps.keys, audit });
    });
  });

  if (deps.internal !== undefined) await root.register(internalScope, { prefix: API_PREFIX, ...deps.internal });
}

function createServer({ logger, tls, trustedProxies, production }: BaseDeps): FastifyInstance {
  const instance = `${randomBytes(4).toString('hex')}-`;
  let count = 0;
  return fastify({
    loggerInstance: logger,
    // One line a request is request-log.ts's; Fastify's two would add what must not be logged.
    logController: new LogController({ disableRequestLogging: true }),
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
    // What still comes over an open connection is answered like anything else, not in a form of Fastify's own.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) =>
      answerUnroutable(error, request, reply, transportHeaders({ httpsOnly: production })),
    // A part of an address as long as the address may be: whether it names a provider is for the route to say.
    routerOptions: { maxParamLength: MAX_ADDRESS_LENGTH },
    ...(tls === undefined ? {} : { https: tls }),
  }) as FastifyInstance;
}
