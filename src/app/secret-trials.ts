// Signs in with secrets that have changed, before they take the place of those that work.
import type { Config, KeycloakConfig } from '../config/config.ts';
import { databaseFault } from '../database/database-fault.ts';
import { createPostgresPool } from '../database/postgres-pool.ts';
import { createKeycloakConnection } from '../keycloak/keycloak-connection.ts';
import { CredentialsRefused } from '../keycloak/keycloak-failures.ts';
import { createKeycloakTokenProvider } from '../keycloak/keycloak-token-provider.ts';
import { createRedisConnection } from '../redis/redis-connection.ts';
import { redisFault } from '../redis/redis-fault.ts';
import { type LiveText, textOf } from '../shared/live-text.ts';

/** @returns a sentence for each new secret that is refused, or could not be tried; nothing of the secret is in it. */
export async function tryNewSecrets(before: Config, next: Config): Promise<string[]> {
  const { keycloak } = next;
  const trials: readonly Trial[] = [
    ['KEYCLOAK_CLIENT_SECRET', (of) => of.keycloak?.clientSecret, () => keycloak && tryClient(keycloak)],
    ['KEYCLOAK_ADMIN_PASSWORD', (of) => of.keycloak?.admin?.password, () => keycloak && tryAdmin(keycloak)],
    ['DATABASE_URL', (of) => of.databaseUrl, tryDatabaseAt],
    ['DATABASE_MIGRATION_URL', (of) => of.databaseMigrationUrl, tryDatabaseAt],
    ['REDIS_URL', (of) => of.redisUrl, tryRedisAt],
  ];
  const problems = await Promise.all(trials.map((trial) => problemOf(trial, before, next)));
  return problems.filter((problem) => problem !== undefined);
}

type Read = (config: Config) => LiveText | undefined;
/** Resolves to what is wrong, as a sentence, or to undefined. */
type Trial = readonly [
  variable: string,
  read: Read,
  attempt: (value: string) => Promise<string | undefined> | undefined,
];

async function problemOf([variable, read, attempt]: Trial, before: Config, next: Config): Promise<string | undefined> {
  const [old, value] = [read(before), read(next)].map((text) => text && textOf(text));
  // Whether there is such a thing at all takes a restart, and so does another server.
  if (old === undefined || value === undefined || old === value) return undefined;
  const problem = await attempt(value);
  return problem && `The new ${variable} does not work: ${problem}`;
}

const tryClient = (keycloak: KeycloakConfig) => tryToken({ ...keycloak, admin: undefined });
const tryAdmin = (keycloak: KeycloakConfig) => tryToken({ ...keycloak, clientSecret: undefined });

async function tryToken(
  keycloak: Omit<KeycloakConfig, 'clientSecret'> & { clientSecret: LiveText | undefined },
): Promise<string | undefined> {
  await using connection = createKeycloakConnection(keycloak);
  try {
    await createKeycloakTokenProvider({ ...keycloak, dispatcher: connection.dispatcher }).getAccessToken();
    return undefined;
  } catch (error) {
    return error instanceof CredentialsRefused
      ? `Keycloak refuses it: ${error.message}.`
      : 'Keycloak does not answer. Send SIGHUP again when it does.';
  }
}

async function tryDatabaseAt(url: string): Promise<string | undefined> {
  const pool = createPostgresPool({ address: { connectionString: url }, size: 1 });
  try {
    await pool.query('select 1');
    return undefined;
  } catch (error) {
    return databaseFault(error).advice;
  } finally {
    await pool.end();
  }
}

async function tryRedisAt(url: string): Promise<string | undefined> {
  await using redis = createRedisConnection({ url });
  try {
    await redis.client.ping();
    return undefined;
  } catch (error) {
    return redisFault(redis.problem() ?? error).advice;
  }
}
