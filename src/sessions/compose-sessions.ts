// How people are known: their sessions, those of the platform, and where they sign in.

import type { Logger } from 'pino';
import type { Audit } from '../audit/compose-audit.ts';
import type { Config } from '../config/config.ts';
import type { SealedText } from '../crypto/sealed-text.ts';
import type { Database } from '../database/database.ts';
import type { Feature } from '../http/feature.ts';
import { createKeycloakConnection } from '../keycloak/keycloak-connection.ts';
import { createKeycloakIdentityProvider } from '../keycloak/keycloak-identity-provider.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import type { ServiceTokenVerifier } from '../services/service-identities.ts';
import type { Users } from '../users/compose-users.ts';
import { type Authenticate, createAuthenticate } from './authenticate-hook.ts';
import { backchannelLogoutRoute } from './backchannel-logout-routes.ts';
import { createBrowserSessions } from './browser-sessions.ts';
import { demoSignInRoutes } from './demo-sign-in-routes.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { logoutRoute } from './logout-routes.ts';
import { createMemorySessionStore } from './memory-session-store.ts';
import { createPostgresRefusedClients } from './postgres-refused-clients.ts';
import { createRedisPlatformSessions } from './redis-platform-sessions.ts';
import { createRedisSessionStore } from './redis-session-store.ts';
import { createRedisEarlierSignIns, createRedisUsedSignIns } from './redis-sign-ins.ts';
import { createRefusedClients } from './refused-clients.ts';
import { createSessionCookies } from './session-cookies.ts';
import { sessionRoutes } from './session-routes.ts';
import type { SessionStore } from './session-store.ts';
import { createSignInCookies } from './sign-in-cookies.ts';
import { signInRoutes } from './sign-in-routes.ts';

type Redis = RedisConnection['client'];

interface Parts {
  readonly redis: Redis | undefined;
  readonly audit: Pick<Audit, 'requests'>;
  readonly users: Users;
  /** For what browsers keep of sign-ins that have begun. */
  readonly sealedSignIns: SealedText;
  readonly db: Database['db'];
  readonly logger: Logger;
}

export interface SignIn {
  /** The same tokens tell services. */
  readonly identityProvider: IdentityProvider & ServiceTokenVerifier;
  /** Of the pages where people sign in. */
  readonly origin: string;
}

export interface Sessions {
  /** Undefined: the embedded default, whose demo users have no passwords and which answers this machine only. */
  readonly signIn: SignIn | undefined;
  readonly authenticate: Authenticate;
  readonly feature: Feature;
  /** Ends every session of the person. @returns how many. */
  endAll(userId: string): Promise<number>;
  /** Idempotent. */
  close(): Promise<void>;
}

export function composeSessions(config: Config, parts: Parts): Sessions {
  const {
    redis,
    audit: { requests: audit },
    users,
    sealedSignIns: sealed,
  } = parts;
  const { publicUrl, basePath } = config;
  const sessions = openSessions(config, redis);
  const signIn = openSignIn(config, parts);
  const identityProvider = signIn?.identityProvider;
  const secure = publicUrl.startsWith('https:');
  const platformSessions =
    redis === undefined || !config.session.platform ? undefined : createRedisPlatformSessions({ redis });
  const cookies = createSessionCookies({ secure, platform: platformSessions !== undefined });
  const signInCookies = createSignInCookies({ secure, basePath, sealed });
  const shared = {
    earlierSignIns: redis && createRedisEarlierSignIns({ redis }),
    usedSignIns: redis && createRedisUsedSignIns({ redis }),
  };
  const { findUserIdByEmail } = users;
  const authenticate = createAuthenticate({
    cookies,
    sessions,
    platformSessions,
    findUserIdByEmail,
    identityProvider,
  });
  const browserSessions = createBrowserSessions({ sessions, cookies, audit });
  const describeUser = users.cache.get;
  const common = { sessions, cookies, browserSessions, describeUser, findUserIdByEmail, publicUrl, basePath, audit };
  const feature: Feature = {
    async open(scope) {
      await scope.register(logoutRoute, { ...common, identityProvider });
      if (signIn === undefined) await scope.register(demoSignInRoutes, common);
      else await scope.register(signInRoutes, { ...common, ...signIn, ...shared, signInCookies });
    },
    async unlimited(scope) {
      if (signIn !== undefined) await scope.register(backchannelLogoutRoute, { ...common, ...signIn });
    },
    people: async (scope) => scope.register(sessionRoutes, { ...common, subscribing: subscribing(config, users) }),
  };
  const close = async (): Promise<void> => void (await Promise.all([sessions.close(), signIn?.close()]));
  return { signIn, authenticate, feature, endAll: sessions.endAll, close };
}

const subscribing = ({ minimumTier, upgradeUrl }: Config, { tiers }: Users) => ({
  requiredTier: minimumTier,
  mayStoreKeys: (tier: string) => tiers.includes(tier, minimumTier),
  upgradeUrl,
});

function openSessions({ session }: Config, redis: Redis | undefined): SessionStore {
  return redis === undefined ? createMemorySessionStore(session) : createRedisSessionStore({ redis, ...session });
}

function openSignIn(
  { keycloak, publicUrl, basePath }: Config,
  { db, logger: log }: Parts,
): (SignIn & { close(): Promise<void> }) | undefined {
  if (keycloak === undefined) return undefined;
  const connection = createKeycloakConnection(keycloak);
  const identityProvider = createKeycloakIdentityProvider({
    ...keycloak,
    dispatcher: connection.dispatcher,
    onRefusedClient: createRefusedClients({ store: createPostgresRefusedClients(db), log }),
    redirectUri: `${publicUrl}${basePath}/auth/callback`,
  });
  return {
    identityProvider,
    origin: new URL(keycloak.publicUrl).origin,
    close: () => connection.close(),
  };
}
