// The whole service over the run's real Keycloak, PostgreSQL and Redis: in a realm and a database of its own.
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { temporaryDatabase } from '../database/temporary-database.ts';
import { requestToken } from '../servers/keycloak-admin-api.ts';
import { freePort } from '../servers/server-process.ts';
import type { ApiClient } from '../service/api-client.ts';
import { type Env, type RunningService, startService } from '../service/running-service.ts';
import type { TlsFiles } from '../service/tls-files.ts';
import { CLIENT, createReadyRealm } from './keycloak-test-realm.ts';
import { PEOPLES_CLIENT, personTokens } from './person-tokens.ts';
import type { TestRealm } from './realm.ts';

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

export interface KeycloakService extends RunningService {
  readonly realm: TestRealm;
  readonly databaseUrl: string;
  /** A Fernet key, as ENCRYPTION_KEY. */
  readonly encryptionKey: string;
  /** A person of the Starter tier, with more attributes or others. */
  newPerson(attributes?: Readonly<Record<string, readonly string[]>>): Promise<Person>;
  /** A client with a session that the ops-center back end has made: `user` is what it stored of the person. */
  platformClient(user: object, cookie?: 'session_token' | 'session'): Promise<ApiClient>;
  /** An access token for the service, as another client of the realm gets one for its user. */
  accessToken(person: Person): Promise<string>;
  /** A client of what internal services call, as a new client of the realm with these roles. */
  withRoles(...roles: string[]): Promise<ApiClient>;
}

interface Options {
  readonly env?: Env;
  /** Where the service finds Keycloak, such as a proxy in front of it. */
  readonly keycloakUrl?: string;
  /** To serve HTTPS. */
  readonly tls?: TlsFiles;
  /** Number of the Redis database: rate limits of services that share one are shared. */
  readonly redisDatabase?: number;
}

export async function startKeycloakService(options: Options = {}): Promise<KeycloakService> {
  const keycloak = inject('keycloak');
  const { env = {}, tls, keycloakUrl = keycloak.url, redisDatabase = 0 } = options;
  const port = await freePort();
  const publicUrl = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const realm = await createReadyRealm(keycloak, `${publicUrl}${env.BASE_PATH ?? ''}`);
  const database = await temporaryDatabase(inject('postgresUrl'));
  const redisUrl = `${inject('redisUrl')}/${redisDatabase}`;
  const redis = new Redis(redisUrl);
  const encryptionKey = randomBytes(32).toString('base64url').concat('=');
  const accessToken = await personTokens(realm, `${keycloakUrl}/realms/${realm.name}`);
  const service = await startService(
    {
      KEYCLOAK_URL: keycloakUrl,
      KEYCLOAK_REALM: realm.name,
      KEYCLOAK_CLIENT_ID: CLIENT.clientId,
      KEYCLOAK_ALLOWED_CLIENTS: PEOPLES_CLIENT,
      KEYCLOAK_CLIENT_SECRET: CLIENT.clientSecret,
      ENCRYPTION_KEY: encryptionKey,
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl,
      PORT: String(port),
      INTERNAL_PORT: '0',
      PUBLIC_URL: publicUrl,
      ...tls?.env,
      ...env,
    },
    tls,
  );
  return {
    ...service,
    realm,
    databaseUrl: database.url,
    encryptionKey,
    async newPerson(attributes = {}) {
      const email = `${randomBytes(6).toString('hex')}@example.com`;
      const password = randomBytes(12).toString('hex');
      const id = await realm.createUser({
        email,
        password,
        firstName: 'Ada',
        lastName: 'Lovelace',
        attributes: { subscription_tier: ['starter'], ...attributes },
      });
      return { id, email, password };
    },
    async platformClient(user, cookie = 'session_token') {
      const token = randomBytes(24).toString('base64url');
      await redis.set(`session:${token}`, JSON.stringify({ user, created: '2025-10-10T22:00:00' }), 'EX', 7200);
      const client = service.client();
      client.cookies.set(cookie, token);
      return client;
    },
    accessToken,
    async withRoles(...roles) {
      const client = await realm.createConfidentialClient();
      if (roles.length > 0) await realm.grantClientRoles(client.clientId, CLIENT.clientId, roles);
      // As the service knows Keycloak, so that the token names the same issuer.
      const answer = await requestToken(`${keycloakUrl}/realms/${realm.name}`, {
        grant_type: 'client_credentials',
        client_id: client.clientId,
        client_secret: client.clientSecret,
      });
      return service.serviceClient(String(answer.access_token));
    },
    async stop() {
      await service.stop();
      redis.disconnect();
      await database.drop();
    },
  };
}
