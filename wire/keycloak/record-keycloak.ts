// The store at Keycloak, as in production: people of a realm, PostgreSQL, Redis, a port for services; and what happens
// while one of them is away.
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { makeServiceTokens } from '../credentials.ts';
import { openDatabase } from '../database.ts';
import { askBearers } from '../requests/bearers.ts';
import { askEverything, SESSIONS } from '../requests/everything.ts';
import { askBackchannel, askKeycloakSignIn } from '../requests/keycloak-sign-in.ts';
import { askAway, untilWithoutKeycloak } from '../requests/outages.ts';
import { askProduction } from '../requests/production.ts';
import { freePort, type OuterServers, startTcpProxy, type TcpProxy } from '../servers.ts';
import { COMMON, withFakes } from '../settings.ts';
import type { UserStore } from '../store.ts';
import { type OnEntry, type RecordStore, withVariant } from '../variant.ts';
import { openKeycloakGate } from './keycloak-gate.ts';
import { askDuringOutages } from './keycloak-outages.ts';
import { giveBearers, givePlatformSessions, learnRealm, platformCookie, signIn } from './keycloak-people.ts';
import { createVisitor } from './keycloak-visitor.ts';
import { emailOf, prepareRealm, type Realm, realmUsers, withOtherSecret } from './realm.ts';

type Start = Pick<Parameters<typeof withVariant>[0], 'root' | 'fakes' | 'onEntry'>;

export const recordKeycloak: RecordStore = (root, { fakes, folder, outer }) => {
  if (outer === undefined) throw new Error('there is no Keycloak');
  const start = (onEntry: OnEntry): Start => ({ root, fakes, onEntry });
  return [
    (onEntry) => recordMain(start(onEntry), outer),
    (onEntry) => recordProduction(start(onEntry), outer, folder),
    (onEntry) => recordStarting(start(onEntry), outer),
  ];
};

async function recordMain(start: Start, outer: OuterServers): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const gate = await openKeycloakGate(outer.keycloak.url);
  opened.defer(() => gate.shut());
  const databaseUrl = await newDatabase(outer.postgresUrl);
  const database = await proxyOf(databaseUrl, opened);
  const redis = await proxyOf(outer.redisUrl, opened);
  const redisClient = new Redis(outer.redisUrl);
  opened.defer(() => redisClient.disconnect());
  const [port, internalPort] = [await freePort(), await freePort()];
  const realm = await prepareRealm(start.root, outer, `http://localhost:${port}`);
  const env = {
    ...COMMON,
    ...withFakes(start.fakes),
    ...realm.env,
    KEYCLOAK_URL: gate.url,
    KEYCLOAK_TIMEOUT_SECONDS: '20',
    DATABASE_URL: withPort(databaseUrl, database.port),
    REDIS_URL: withPort(outer.redisUrl, redis.port),
    PORT: String(port),
    INTERNAL_PORT: String(internalPort),
  };
  const openStore = () => realmUsers(realm);
  await withVariant({ ...start, prefix: 'keycloak main', env, databaseUrl, openStore }, async (variant) => {
    const { to } = variant;
    learnRealm(to, realm);
    to.world.known.set(new URL(gate.url).port, '<port of Keycloak>');
    for (const [as, who] of Object.entries({ ...SESSIONS, 'leaving-keycloak': 'legacy' }))
      await signIn(to, realm, as, who);
    await giveBearers(to, realm, gate.url);
    await givePlatformSessions(to, realm, redisClient);
    to.world.bearers.set('service', to.world.bearers.get('gateway') ?? '');
    await to.settle();
    await askEverything(variant, atKeycloak(realm));
    await askDuringOutages(to, realm, { gate, database, redis });
  });
}

/** What only a Keycloak has. */
function atKeycloak(realm: Realm): Parameters<typeof askEverything>[1] {
  const visitor = createVisitor({ email: emailOf('visitor'), password: realm.password });
  const endLegacy = async (): Promise<void> => {
    await realm.realm.admin('POST', `/users/${realm.ids.get('legacy')}/logout`);
  };
  return {
    async askSignIn(to) {
      await askKeycloakSignIn(to, visitor, (use) => withOtherSecret(realm, use));
      await askBearers(to);
    },
    askMore: (to) => askBackchannel(to, endLegacy),
  };
}

/** Behind a proxy that terminates TLS, with the embedded database and sessions in memory. */
async function recordProduction(start: Start, outer: OuterServers, folder: string): Promise<void> {
  const realm = await prepareRealm(start.root, outer, 'https://ops.example.com');
  const { url } = outer.keycloak;
  const env = {
    ...COMMON,
    ...realm.env,
    NODE_ENV: 'production',
    KEYCLOAK_URL: url,
    PUBLIC_URL: 'https://ops.example.com',
    BASE_PATH: '/byok',
    TRUSTED_PROXIES: '127.0.0.1',
    BYOK_DATA_DIR: mkdtempSync(join(folder, 'data-')),
    PORT: String(await freePort()),
    INTERNAL_PORT: String(await freePort()),
  };
  const openStore = () => realmUsers(realm);
  await withVariant({ ...start, prefix: 'keycloak production', env, openStore }, async ({ to }) => {
    learnRealm(to, realm);
    to.world.known.set(new URL(url).port, '<port of Keycloak>');
    await giveBearers(to, realm, url);
    to.world.bearers.set('service', to.world.bearers.get('gateway') ?? '');
    await askProduction(to);
  });
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token that nobody can judge without Keycloak's keys. */
const UNCHECKED = `${part({ alg: 'RS256', kid: 'unknown' })}.${part({ sub: 'somebody' })}.${part({})}`;
const NOBODY: UserStore = {
  users: async () => new Map(),
  setAttributes: async () => undefined,
  setEnabled: async () => undefined,
  remove: async () => undefined,
};

/** Keycloak was never there. */
async function recordStarting(start: Start, outer: OuterServers): Promise<void> {
  const databaseUrl = await newDatabase(outer.postgresUrl);
  const env = {
    ...COMMON,
    KEYCLOAK_URL: `http://127.0.0.1:${await freePort()}`,
    KEYCLOAK_CLIENT_SECRET: 'a secret',
    DATABASE_URL: databaseUrl,
    REDIS_URL: outer.redisUrl,
    PORT: String(await freePort()),
    INTERNAL_PORT: String(await freePort()),
  };
  const options = { ...start, prefix: 'keycloak starting', env, databaseUrl, openStore: () => NOBODY, ready: false };
  await withVariant(options, async (variant) => {
    const { to } = variant;
    const { world } = to;
    world.known.set(new URL(env.KEYCLOAK_URL).port, '<port of Keycloak>');
    await makeServiceTokens(variant, ['all', 'unseen']);
    for (const bearer of ['person', 'service']) world.bearers.set(bearer, UNCHECKED);
    world.values.set('id:starter', 'somebody').set('unknown', 'nobody@example.com');
    const redis = new Redis(outer.redisUrl);
    for (const as of ['known', 'known-too', 'unknown', 'enterprise'])
      world.cookies.set(as, await platformCookie(redis, { sub: 'somebody' }));
    redis.disconnect();
    await untilWithoutKeycloak(to);
    await askAway(to, 'before Keycloak was there');
  });
}

const newDatabase = async (serverUrl: string): Promise<string> => {
  const name = `wire_${randomBytes(8).toString('hex')}`;
  const server = await openDatabase({ url: serverUrl });
  await server.run(`create database ${name}`);
  await server.close();
  return new URL(`/${name}`, serverUrl).href;
};

const withPort = (url: string, port: number): string => {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
};

async function proxyOf(url: string, opened: AsyncDisposableStack): Promise<TcpProxy> {
  const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(url).port) });
  opened.defer(() => proxy.close());
  return proxy;
}
