// Redis as it is out there: each server answers PING, and does not do what the service needs.
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { tryRedis } from '../../src/app/redis-trial.ts';
import { createRedisConnection } from '../../src/redis/redis-connection.ts';
import { redisFault } from '../../src/redis/redis-fault.ts';
import { createRedisInvalidation } from '../../src/replicas/redis-invalidation.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';
import { findProgram } from '../support/servers/programs.ts';
import { type RedisServer, startRedis } from '../support/servers/redis-server.ts';

/** What the service needs, as the documents say it. */
const RIGHTS = '+@all -@dangerous +info ~byok:* ~session:* &byok:*';

describe('what Redis does for the service', () => {
  const folder = ownedFolder();
  let program: string;
  let server: RedisServer;
  let admin: Redis;
  const servers: RedisServer[] = [];
  const start = async (name: string, lines: string[] = [], sentinel = false): Promise<RedisServer> => {
    const started = await startRedis(program, folder.path, { name, lines, sentinel });
    servers.push(started);
    return started;
  };
  beforeAll(async () => {
    program = await findProgram('redis');
    server = await start('redis');
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    admin?.disconnect();
    await Promise.all(servers.map(({ stop }) => stop()));
    folder.remove();
  });

  /** The word for what is wrong, or `ok`; with whether it lasts. */
  const trial = async (url: string): Promise<string> => {
    const connection = createRedisConnection({ url });
    const invalidation = createRedisInvalidation({ redis: connection.client });
    try {
      await invalidation.start({ hold: () => undefined, invalidate: () => undefined, clear: () => undefined });
      await tryRedis(connection, invalidation);
      return 'ok';
    } catch (error) {
      const { word, lasting } = redisFault(error);
      return `${word}, ${lasting ? 'lasting' : 'passing'}`;
    } finally {
      await invalidation.close();
      await connection.close();
    }
  };
  const as = async (name: string, rules: string): Promise<string> => {
    await admin.call('ACL', 'SETUSER', name, 'reset', 'on', '>secret', ...rules.split(' '));
    return server.url.replace('://', `://${name}:secret@`);
  };
  const configured = async (name: string, value: string): Promise<void> => {
    const [, before = ''] = (await admin.config('GET', name)) as string[];
    await admin.config('SET', name, value);
    onTestFinished(async () => void (await admin.config('SET', name, before)));
  };

  it('is found good, and nothing stays behind', async () => {
    expect(await trial(server.url)).toBe('ok');
    expect(await trial(`${server.url}/15`)).toBe('ok');
    expect(await admin.keys('*')).toEqual(expect.not.arrayContaining([expect.stringMatching(/byok:(session|user)/)]));
    for (const key of await admin.keys('*')) expect(await admin.pttl(key)).toBeGreaterThan(0);
  });

  it('is found good with the rights that the documents name', async () => {
    expect(readFileSync('docs/guide.md', 'utf8')).toContain(RIGHTS);
    expect(await trial(await as('documented', RIGHTS))).toBe('ok');
  });

  it.each([
    ['scripts', '-eval -evalsha'],
    ['scripts by their text', '-eval'],
    ['scripts by their hash', '-evalsha'],
    ['publishing', '-publish'],
    ['subscribing', '-subscribe'],
    ['channels', 'resetchannels'],
    ['the channel of changes', 'resetchannels &byok:beat:*'],
    ['the channel of beats', 'resetchannels &byok:users'],
    ['writing', '-@write'],
    ['hashes', '-hset'],
    ['sorted sets', '-@sortedset'],
    ['expiry', '-pexpire'],
    ['SET', '-set'],
    ['GETDEL', '-getdel'],
    ['the keys of sessions', 'resetkeys ~session:*'],
    ['the keys of limits', 'resetkeys ~byok:s* ~byok:u* ~byok:p* ~byok:e* ~session:*'],
    ['the back end’s sessions', 'resetkeys ~byok:*'],
    ['keys, but for reading', 'resetkeys %R~byok:* ~session:*'],
  ])('an ACL without %s is found, as one that lasts', async (_, rules) => {
    expect(await trial(await as('limited', `${RIGHTS} ${rules}`))).toBe('not_permitted, lasting');
  });

  it('a wrong password, a wrong user and a missing one are found', async () => {
    const url = await as('somebody', RIGHTS);
    expect(await trial(url.replace('secret', 'wrong'))).toBe('credentials, lasting');
    expect(await trial(url.replace('somebody', 'nobody'))).toBe('credentials, lasting');
    const closed = await start('closed', ['requirepass secret']);
    expect(await trial(closed.url)).toBe('credentials, lasting');
    expect(await trial(closed.url.replace('://', '://:wrong@'))).toBe('credentials, lasting');
    expect(await trial(closed.url.replace('://', '://:secret@'))).toBe('ok');
  });

  it('a database number that does not exist is found, and nothing is written to another one', async () => {
    await admin.flushall();
    expect(await trial(`${server.url}/99`)).toBe('no_such_database, lasting');
    const url = await as('first-only', `${RIGHTS} -select`);
    expect(await trial(`${url}/3`)).toBe('not_permitted, lasting');
    expect(await admin.keys('*')).toEqual([]);
  });

  it('a replica is found, as what may be a failover; and it is good once it is the primary', async () => {
    const replica = await start('replica', [`replicaof 127.0.0.1 ${server.port}`]);
    await vi.waitFor(async () => expect(await admin.info('replication')).toContain('state=online'), 20_000);
    expect(await trial(replica.url)).toBe('read_only, passing');
    const own = new Redis(replica.url);
    await own.replicaof('NO', 'ONE');
    own.disconnect();
    expect(await trial(replica.url)).toBe('ok');
  });

  it('a full one that evicts nothing is found', async () => {
    await configured('maxmemory-policy', 'noeviction');
    await configured('maxmemory', '1');
    expect(await trial(server.url)).toBe('full, passing');
  });

  it('one that takes no writes because it cannot save is found', async () => {
    const broken = await start('broken', ['save 3600 1', 'dbfilename dump.rdb']);
    const own = new Redis(broken.url);
    onTestFinished(async () => {
      // Else it does not end before it has saved.
      await own.config('SET', 'save', '');
      own.disconnect();
    });
    await own.set('a', '1');
    // A folder of the name of the file that it would write.
    await mkdir(`${folder.path}/broken/dump.rdb`);
    await own.bgsave();
    await vi.waitFor(async () => expect(await own.info('persistence')).toContain('rdb_last_bgsave_status:err'), 20_000);
    expect(await trial(broken.url)).toBe('cannot_save, passing');
  });

  it('too few replicas, where it insists on some, are found', async () => {
    await configured('min-replicas-to-write', '3');
    expect(await trial(server.url)).toBe('no_replicas, passing');
  });

  it('a Sentinel is not taken for a Redis, with and without a database number', async () => {
    const sentinel = await start('sentinel', [`sentinel monitor mymaster 127.0.0.1 ${server.port} 1`], true);
    expect(await trial(sentinel.url)).toBe('sentinel, lasting');
    expect(await trial(`${sentinel.url}/1`)).toBe('sentinel, lasting');
    expect(await trial(`redis+sentinel://127.0.0.1:${sentinel.port}/mymaster`)).toBe('ok');
    expect(await trial(`redis+sentinel://127.0.0.1:${sentinel.port}/other`)).toBe('no_primary, passing');
  });

  it('a cluster is found', async () => {
    const cluster = await start('cluster', ['cluster-enabled yes']);
    expect(await trial(cluster.url)).toBe('cluster, lasting');
    expect(await trial(`${cluster.url}/1`)).toBe('cluster, lasting');
  });

  it('commands that were renamed are found', async () => {
    const renamed = await start('renamed', ['rename-command EVAL ""']);
    expect(await trial(renamed.url)).toBe('lacks_commands, lasting');
  });

  it('a server that is away or hangs is an outage', async () => {
    expect(await trial('redis://127.0.0.1:1')).toBe('no_answer, passing');
    const hanging = await start('hanging');
    hanging.signal('SIGSTOP');
    onTestFinished(() => hanging.signal('SIGCONT'));
    expect(await trial(hanging.url)).toBe('no_answer, passing');
  });
});
