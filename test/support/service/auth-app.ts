// The sign-in and session routes as an application of their own, over stores that the test passes.
import { randomBytes } from 'node:crypto';
import cookie from '@fastify/cookie';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AuditLog } from '../../../src/audit/audit-log.ts';
import { createAuditRecorder } from '../../../src/audit/audit-recorder.ts';
import { createRequestAudit, installRefusalAudit } from '../../../src/audit/request-audit.ts';
import { createSealedText } from '../../../src/crypto/sealed-text.ts';
import { installBodyParsers } from '../../../src/http/body-parsers.ts';
import { createCsrfGuard } from '../../../src/http/csrf.ts';
import { installOpenApi } from '../../../src/http/openapi.ts';
import { stylesheetRoute } from '../../../src/http/page.ts';
import { principalOf } from '../../../src/http/principal.ts';
import { installProblemHandlers } from '../../../src/http/problem.ts';
import { rateLimitsPlugin } from '../../../src/http/rate-limits.ts';
import { readUiAssets } from '../../../src/page/ui-assets.ts';
import { uiRoutes } from '../../../src/page/ui-routes.ts';
import type { Subscribing } from '../../../src/sessions/auth-schemas.ts';
import { createAuthenticate } from '../../../src/sessions/authenticate-hook.ts';
import { backchannelLogoutRoute } from '../../../src/sessions/backchannel-logout-routes.ts';
import { createBrowserSessions } from '../../../src/sessions/browser-sessions.ts';
import { demoSignInRoutes } from '../../../src/sessions/demo-sign-in-routes.ts';
import type { IdentityProvider } from '../../../src/sessions/identity-provider.ts';
import { logoutRoute } from '../../../src/sessions/logout-routes.ts';
import { createMemorySessionStore } from '../../../src/sessions/memory-session-store.ts';
import type { PlatformSessions } from '../../../src/sessions/platform-sessions.ts';
import type { EarlierSignIns, UsedSignIns } from '../../../src/sessions/redis-sign-ins.ts';
import { createSessionCookies } from '../../../src/sessions/session-cookies.ts';
import { sessionRoutes } from '../../../src/sessions/session-routes.ts';
import type { SessionStore } from '../../../src/sessions/session-store.ts';
import { createSignInCookies, type SignInCookies } from '../../../src/sessions/sign-in-cookies.ts';
import { signInRoutes } from '../../../src/sessions/sign-in-routes.ts';
import { DEMO_USERS } from '../../../src/users/demo-users.ts';
import type { DescribeUser } from '../../../src/users/usable-user.ts';
import { createMemoryAuditLog } from '../memory/memory-audit-log.ts';

interface AuthAppOptions {
  sessions?: SessionStore;
  /** What a test changes in them. */
  changeSignInCookies?: (made: SignInCookies) => SignInCookies;
  earlierSignIns?: EarlierSignIns;
  usedSignIns?: UsedSignIns;
  masterKeys?: readonly Buffer[];
  platformSessions?: PlatformSessions;
  findUserIdByEmail?: (email: string) => Promise<string | undefined>;
  describeUser?: DescribeUser;
  /** Without one: the embedded default with its demo users. */
  identityProvider?: IdentityProvider;
  providerOrigin?: string;
  publicUrl?: string;
  basePath?: string;
  auditLog?: AuditLog;
  subscribing?: Subscribing;
}

export const demoId = (email: string): string | undefined =>
  DEMO_USERS.some((user) => user.email === email) ? `id-of-${email}` : undefined;

const describeDemo: DescribeUser = async (id) => {
  const email = id.replace('id-of-', '');
  const tier = DEMO_USERS.find((user) => user.email === email)?.tier;
  return tier === undefined ? undefined : { email, name: undefined, tier, enabled: true };
};

/** Adds `GET` and `POST /echo`, which answer the principal, for the hooks alone. */
export async function buildAuthApp(options: AuthAppOptions = {}) {
  const {
    sessions = createMemorySessionStore({ idleMs: 7_200_000, maxMs: 43_200_000 }),
    masterKeys = [randomBytes(32)],
    changeSignInCookies = (made) => made,
    earlierSignIns,
    usedSignIns,
    platformSessions,
    findUserIdByEmail = async (email) => demoId(email),
    describeUser = describeDemo,
    identityProvider,
    publicUrl = 'http://localhost:8084',
    basePath = '',
    auditLog = createMemoryAuditLog(),
    subscribing = { requiredTier: 'starter', mayStoreKeys: (tier) => tier !== 'trial', upgradeUrl: undefined },
  } = options;
  const secure = publicUrl.startsWith('https:');
  const cookies = createSessionCookies({ secure, platform: platformSessions !== undefined });
  const sealed = createSealedText(masterKeys, 'sign-in cookie');
  const signInCookies = changeSignInCookies(createSignInCookies({ secure, basePath, sealed }));
  const audit = createRequestAudit(createAuditRecorder(auditLog));
  const browserSessions = createBrowserSessions({ sessions, cookies, audit });
  const authenticate = createAuthenticate({ cookies, sessions, platformSessions, findUserIdByEmail, identityProvider });
  const common = {
    sessions,
    signInCookies,
    earlierSignIns,
    usedSignIns,
    cookies,
    browserSessions,
    describeUser,
    subscribing,
    findUserIdByEmail,
    publicUrl,
    basePath,
    audit,
  };

  const app = await bareApp();
  await app.register(
    async (root) => {
      await root.register(stylesheetRoute);
      await root.register(uiRoutes, {
        ...common,
        ui: readUiAssets(),
        authenticate,
        demo: identityProvider === undefined,
        providerOrigin: options.providerOrigin,
      });
      await root.register(logoutRoute, { ...common, identityProvider });
      if (identityProvider === undefined) await root.register(demoSignInRoutes, common);
      else {
        await root.register(signInRoutes, { ...common, identityProvider });
        await root.register(backchannelLogoutRoute, { sessions, identityProvider, audit });
      }
      await root.register(async (scope) => {
        scope.addHook('onRequest', authenticate);
        scope.addHook('onRequest', createCsrfGuard({ publicUrl }));
        installRefusalAudit(scope, audit);
        await scope.register(sessionRoutes, common);
        scope.route({
          method: ['GET', 'POST'],
          url: '/echo',
          handler: async (request) => {
            const { sessionId, ...principal } = principalOf(request);
            return { ...principal, session: sessionId ?? null };
          },
        });
      });
    },
    { prefix: basePath },
  );
  await app.ready();
  return Object.assign(app, { sessions });
}

/** Bodies, problem documents, cookies and limits as in the service, without routes. */
async function bareApp() {
  const app = fastify({ trustProxy: ['127.0.0.1'] }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installBodyParsers(app);
  installProblemHandlers(app);
  await installOpenApi(app, { version: '0.0.0' });
  await app.register(cookie);
  const limits = { perUser: 10_000, perAddress: 10_000, perUserWrites: 10_000, perService: 10_000 };
  await app.register(rateLimitsPlugin, { limits, redis: undefined });
  return app;
}
