// A Redis that answers, and does not do what the service needs of it.
import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/database/database.ts';
import { temporaryDatabase } from '../../support/database/temporary-database.ts';
import { ownedFolder, temporaryFolder } from '../../support/programs/temporary-folder.ts';
import { findProgram } from '../../support/servers/programs.ts';
import { type RedisServer, startRedis } from '../../support/servers/redis-server.ts';
import { freePort } from '../../support/servers/server-process.ts';
import { type Env, findsPlanted } from './planted.ts';

const KEY = randomBytes(32).toString('base64url').concat('=');
const folder = ownedFolder();
let program: string;
let server: RedisServer;
let admin: Redis;
let database: Awaited<ReturnType<typeof temporaryDatabase>>;
beforeAll(async () => {
  program = await findProgram('redis');
  server = await startRedis(program, folder.path);
  admin = new Redis(server.url);
  database = await temporaryDatabase(inject('postgresUrl'));
  await (await openDatabase({ databaseUrl: database.url, dataDir: '' })).close();
});
afterAll(async () => {
  admin?.disconnect();
  await database?.drop();
  await server?.stop();
  folder.remove();
});

const surroundings = (): Env => ({
  DATABASE_URL: database.url,
  ENCRYPTION_KEY: KEY,
  BYOK_DATA_DIR: '/nowhere',
  REDIS_URL: server.url,
});
const as = (user: string, path = ''): Env => ({ REDIS_URL: `${server.url.replace('://', `://${user}@`)}${path}` });
async function asUser(...rules: string[]): Promise<Env> {
  await admin.call('ACL', 'SETUSER', 'limited', 'reset', 'on', '>secret', '+@all', '~*', '&*', ...rules);
  return as('limited:secret');
}
async function set(name: string, value: string): Promise<undefined> {
  const before = (await admin.config('GET', name)) as string[];
  onTestFinished(async () => void (await admin.config('SET', name, before[1] ?? '')));
  await admin.config('SET', name, value);
  return undefined;
}
async function another(lines: readonly string[], sentinel = false): Promise<Env> {
  const one = await startRedis(program, temporaryFolder(), { lines, sentinel });
  onTestFinished(one.stop);
  return { REDIS_URL: one.url };
}

findsPlanted('Redis', { surroundings }, [
  {
    name: 'a password that it does not take',
    plant: () => as('nobody:wrong'),
    names: 'REDIS_URL',
    fix: /refuses the user or the password.*Correct them/,
    start: 'refuses',
  },
  {
    name: 'a database number that it does not have',
    plant: () => ({ REDIS_URL: `${server.url}/99` }),
    names: 'REDIS_URL',
    fix: /no database of the number.*such as \/0/,
    start: 'refuses',
  },
  {
    name: 'a user without scripts',
    plant: () => asUser('-eval', '-evalsha'),
    names: 'REDIS_URL',
    fix: /rights with ACL SETUSER/,
    start: 'refuses',
  },
  { name: 'a user without channels', plant: () => asUser('resetchannels'), names: 'REDIS_URL', fix: /&byok:\*/ },
  { name: 'a user without keys', plant: () => asUser('resetkeys', '~other:*'), names: 'REDIS_URL', fix: /~byok:\*/ },
  {
    name: 'a Redis that is full and evicts nothing',
    plant: () => set('maxmemory', '1'),
    names: 'REDIS_URL',
    fix: /is full and evicts nothing\. Raise its maxmemory/,
  },
  {
    name: 'a primary that has lost its replicas',
    plant: () => set('min-replicas-to-write', '1'),
    names: 'REDIS_URL',
    fix: /min-replicas-to-write.*Bring them back/,
  },
  {
    name: 'a replica',
    plant: () => another([`replicaof 127.0.0.1 ${server.port}`, 'repl-diskless-sync-delay 0']),
    names: 'REDIS_URL',
    fix: /is a replica.*lead to the primary/,
  },
  {
    name: 'a Sentinel',
    plant: () => another([`sentinel monitor prime 127.0.0.1 ${server.port} 1`], true),
    names: 'REDIS_URL',
    fix: /leads to a Sentinel.*redis\+sentinel:\/\//,
    start: 'refuses',
  },
  {
    name: 'a Sentinel that has another name for the primary',
    plant: async () => {
      const { REDIS_URL = '' } = await another([`sentinel monitor prime 127.0.0.1 ${server.port} 1`], true);
      return { REDIS_URL: `${REDIS_URL.replace('redis:', 'redis+sentinel:')}/mymaster` };
    },
    names: 'REDIS_URL',
    fix: /No Sentinel .* names a primary.*the name/,
  },
  {
    name: 'a command that was renamed',
    plant: () => another(['rename-command EVAL ""']),
    names: 'REDIS_URL',
    fix: /no command renamed or disabled/,
    start: 'refuses',
  },
  {
    name: 'a Redis that is not there',
    plant: async () => ({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` }),
    names: 'REDIS_URL',
    fix: /does not answer: check REDIS_URL and the server/,
  },
  {
    name: 'TLS to a port without it',
    plant: () => ({ REDIS_URL: server.url.replace('redis:', 'rediss:') }),
    names: 'REDIS_URL',
    fix: /a port without TLS where rediss:\/\/ asks for it/,
  },
  {
    name: 'a port on which nothing listens',
    plant: async () => ({ REDIS_URL: `redis://127.0.0.1:${await freePort()}` }),
    names: 'REDIS_URL',
    fix: /nothing listens on that port/,
  },
  {
    name: 'a host that is not known',
    plant: () => ({ REDIS_URL: 'redis://nowhere.invalid:6379' }),
    names: 'REDIS_URL',
    fix: /host name is not known/,
  },
  {
    name: 'the port of PostgreSQL',
    plant: () => ({ REDIS_URL: `redis://127.0.0.1:${new URL(database.url).port}` }),
    names: 'REDIS_URL',
    fix: /it is not a Redis|is not a Redis/,
  },
]);
