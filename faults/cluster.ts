// Three replicas over a Keycloak, a PostgreSQL and a Redis of this run's own, with people who have access tokens.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLIENT, createReadyRealm } from '../test/support/keycloak/keycloak-test-realm.ts';
import { PEOPLES_CLIENT, personTokens } from '../test/support/keycloak/person-tokens.ts';
import { startKeycloak } from '../test/support/servers/keycloak-server.ts';
import { startPostgres } from '../test/support/servers/postgres-server.ts';
import { findPrograms } from '../test/support/servers/programs.ts';
import { startRedis } from '../test/support/servers/redis-server.ts';
import { createReplica, type Replica } from './replica.ts';

const REPLICAS = ['a', 'b', 'c'];
/** A token must outlive the run. */
const TOKEN_SECONDS = 7200;

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly token: string;
}

export interface Cluster {
  readonly replicas: readonly Replica[];
  readonly people: readonly Person[];
  readonly databaseUrl: string;
  /** What the replicas have logged. */
  readonly logFiles: readonly string[];
  readonly keycloak: { pause(): void; resume(): void };
  readonly postgres: { stop(): Promise<void>; restart(): Promise<void> };
  /** A token of a service that may resolve keys. */
  serviceToken(): Promise<string>;
  stop(): Promise<void>;
}

export async function startCluster({ people: count }: { people: number }): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'byok-faults-'));
  // PostgreSQL may run under an account of its own.
  chmodSync(folder, 0o755);
  const programs = await findPrograms();
  const [keycloak, postgres, redis] = await Promise.all([
    startKeycloak(programs.java, folder),
    startPostgres(programs.postgres, folder),
    startRedis(programs.redis, folder),
  ]);
  const realm = await createReadyRealm(keycloak.keycloak);
  await realm.admin('PUT', '', { accessTokenLifespan: TOKEN_SECONDS, ssoSessionMaxLifespan: TOKEN_SECONDS });
  const people = await createPeople(realm, count);
  const service = await realm.createConfidentialClient();
  await grantClientRole(realm, service.clientId, 'byok-resolve');
  const env = {
    NODE_ENV: 'test',
    KEYCLOAK_URL: keycloak.keycloak.url,
    KEYCLOAK_REALM: realm.name,
    KEYCLOAK_CLIENT_ID: CLIENT.clientId,
    KEYCLOAK_ALLOWED_CLIENTS: PEOPLES_CLIENT,
    KEYCLOAK_CLIENT_SECRET: CLIENT.clientSecret,
    ENCRYPTION_KEY: `${randomBytes(32).toString('base64url')}=`,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    RATE_LIMIT_PER_MINUTE: '1000000',
    RATE_LIMIT_ADDRESS_PER_MINUTE: '1000000',
    RATE_LIMIT_WRITE_PER_MINUTE: '1000000',
    RATE_LIMIT_INTERNAL_PER_MINUTE: '1000000',
  };
  const logFiles = REPLICAS.map((name) => join(folder, `${name}.log`));
  const replicas = await Promise.all(REPLICAS.map((name, i) => createReplica(name, env, logFiles[i] ?? '')));
  // One after the other: the first brings the tables up to date.
  for (const replica of replicas) await replica.start();
  return {
    replicas,
    people,
    databaseUrl: postgres.url,
    logFiles,
    keycloak: { pause: () => keycloak.signal('SIGSTOP'), resume: () => keycloak.signal('SIGCONT') },
    postgres,
    serviceToken: () => realm.serviceToken(service),
    async stop() {
      keycloak.signal('SIGCONT');
      await Promise.all(replicas.map((replica) => replica.kill()));
      await Promise.all([keycloak.stop(), postgres.stop(), redis.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Realm = Awaited<ReturnType<typeof createReadyRealm>>;

async function createPeople(realm: Realm, count: number): Promise<Person[]> {
  const tokenOf = await personTokens(realm);
  const people: Person[] = [];
  for (let i = 0; i < count; i += 1) {
    const person = { email: `person-${i}@example.com`, password: randomBytes(12).toString('hex') };
    const id = await realm.createUser({ ...person, attributes: { subscription_tier: ['starter'] } });
    people.push({ id, email: person.email, token: await tokenOf(person) });
  }
  return people;
}

/** Gives the service account of a client one of the roles of ours. */
async function grantClientRole(realm: Realm, clientId: string, role: string): Promise<void> {
  const idOf = async (name: string): Promise<string> => {
    const [client] = (await realm.admin('GET', `/clients?clientId=${name}`)).body as { id: string }[];
    if (client === undefined) throw new Error(`the realm has no client ${name}`);
    return client.id;
  };
  const [ours, theirs] = [await idOf(CLIENT.clientId), await idOf(clientId)];
  const account = (await realm.admin('GET', `/clients/${theirs}/service-account-user`)).body as { id: string };
  const { body } = await realm.admin('GET', `/clients/${ours}/roles/${role}`);
  await realm.admin('POST', `/users/${account.id}/role-mappings/clients/${ours}`, [body]);
}
