// How people are known: their sessions, those of the platform, and where they sign in.
import type { AppDeps } from '../app/app.ts';
import type { Config } from '../config/config.ts';
import { createKeycloakConnection } from '../keycloak/keycloak-connection.ts';
import { createKeycloakIdentityProvider } from '../keycloak/keycloak-identity-provider.ts';
import type { RedisConnection } from '../redis/redis-connection.ts';
import type { ServiceTokenVerifier } from '../services/service-identities.ts';
import { createMemorySessionStore } from './memory-session-store.ts';
import { createMemorySignInStore } from './memory-sign-in-store.ts';
import { createRedisPlatformSessions } from './redis-platform-sessions.ts';
import { createRedisSessionStore } from './redis-session-store.ts';
import { createRedisSignInStore } from './redis-sign-in-store.ts';
import type { SessionStore } from './session-store.ts';

type Redis = RedisConnection['client'];

/** Where people sign in. The same tokens tell services. */
type SignIn = NonNullable<AppDeps['signIn']> & { readonly identityProvider: ServiceTokenVerifier };

export interface People extends Pick<AppDeps, 'sessions' | 'platformSessions'> {
  readonly signIn: SignIn | undefined;
  /** Idempotent. */
  close(): Promise<void>;
}

export function composePeople(config: Config, redis: Redis | undefined): People {
  const sessions = openSessions(config, redis);
  const signIn = openSignIn(config, redis);
  return {
    sessions,
    platformSessions: redis === undefined ? undefined : createRedisPlatformSessions({ redis }),
    signIn,
    close: async () => void (await Promise.all([sessions.close(), signIn?.close()])),
  };
}

function openSessions({ session }: Config, redis: Redis | undefined): SessionStore {
  return redis === undefined ? createMemorySessionStore(session) : createRedisSessionStore({ redis, ...session });
}

/** Undefined in the embedded default, whose demo users have no passwords. */
function openSignIn(
  { keycloak, publicUrl, basePath }: Config,
  redis: Redis | undefined,
): (SignIn & { close(): Promise<void> }) | undefined {
  if (keycloak === undefined) return undefined;
  const connection = createKeycloakConnection(keycloak);
  const identityProvider = createKeycloakIdentityProvider({
    ...keycloak,
    dispatcher: connection.dispatcher,
    redirectUri: `${publicUrl}${basePath}/auth/callback`,
  });
  return {
    identityProvider,
    signIns: redis === undefined ? createMemorySignInStore() : createRedisSignInStore({ redis }),
    origin: new URL(keycloak.publicUrl).origin,
    close: () => connection.close(),
  };
}
