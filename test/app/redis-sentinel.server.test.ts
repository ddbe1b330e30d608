// `redis+sentinel://` over a real primary, a replica and three Sentinels, while the primary goes away.
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';
import { findProgram } from '../support/servers/programs.ts';
import { type RedisServer, startRedis } from '../support/servers/redis-server.ts';
import { API } from '../support/service/api-client.ts';
import { startReplica } from '../support/service/replica.ts';
import type { RunningService } from '../support/service/running-service.ts';

const PASSWORD = 'redis-secret';

describe('Redis with Sentinels', () => {
  let folder: ReturnType<typeof ownedFolder>;
  let primary: RedisServer;
  let copy: RedisServer;
  let service: KeycloakService;
  let second: RunningService;
  const servers: RedisServer[] = [];
  beforeEach(async () => {
    folder = ownedFolder();
    const program = await findProgram('redis');
    const start = async (name: string, lines: string[], sentinel = false): Promise<RedisServer> => {
      const server = await startRedis(program, folder.path, { name, lines, sentinel });
      servers.push(server);
      return server;
    };
    const auth = [`requirepass ${PASSWORD}`, `masterauth ${PASSWORD}`, 'repl-diskless-sync-delay 0'];
    primary = await start('primary', auth);
    copy = await start('copy', [...auth, `replicaof 127.0.0.1 ${primary.port}`]);
    const watch = [
      `sentinel monitor prime 127.0.0.1 ${primary.port} 2`,
      `sentinel auth-pass prime ${PASSWORD}`,
      'sentinel down-after-milliseconds prime 1000',
      'sentinel failover-timeout prime 5000',
    ];
    const sentinels = await Promise.all([1, 2, 3].map((number) => start(`sentinel-${number}`, watch, true)));
    const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
    await untilWatched(sentinels);
    service = await startKeycloakService({ env: { REDIS_URL: `redis+sentinel://:${PASSWORD}@${hosts}/prime/2` } });
    second = await startReplica(service);
  });
  afterEach(async () => {
    await second?.stop();
    await service?.stop();
    await Promise.all(servers.map((server) => server.stop()));
    servers.length = 0;
    folder.remove();
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'when the primary goes away (%s), sessions go on at the new one, and replicas hear each other again',
    async (signal) => {
      const person = await service.newPerson();
      await putPlatformSession(primary, person.id);
      const clients = [service, second].map((replica) => {
        const client = replica.client();
        client.cookies.set('session_token', 'before');
        return client;
      });
      const [one, other] = clients;
      const add = (key: string) => one?.post(`${API}/keys/add`, { provider: 'openai', key });
      const keys = () => other?.get(`${API}/keys`);
      expect((await add('sk-0123456789-a1'))?.status).toBe(200);
      expect((await keys())?.body).toMatchObject([{ key_preview: expect.stringMatching(/a1$/) }]);
      await untilCopied(primary);

      primary.signal(signal);
      // Nobody is signed out meanwhile, and no change is half made: it works, or it is 503.
      const seen = new Set<number | undefined>();
      const load = async (): Promise<void> => {
        const replies = await Promise.all(clients.map((client) => client.get('/auth/me')));
        for (const { status } of replies) seen.add(status);
        await wait(100);
      };
      /** Sentinels that are slow to agree, or a service that does not follow them. */
      const whyNot = async (): Promise<string> => {
        const { body } = await service.client().get('/readyz');
        return JSON.stringify({ copy: await roleOf(copy), body, logs: service.logs.slice(-20) });
      };
      const isBack = async (): Promise<boolean> =>
        (await one?.get('/auth/me'))?.status === 200 && (await isReady(service));
      const until = Date.now() + 40_000;
      let back = false;
      while (!back && Date.now() < until) {
        await load();
        back = await isBack();
      }
      if (!back) throw new Error(`not back: ${await whyNot()}`);
      await vi.waitFor(
        async () => expect((await second.client().get('/readyz')).body).toMatchObject({ status: 'ready' }),
        30_000,
      );
      expect([...seen].filter((status) => status !== 200 && status !== 503)).toEqual([]);
      expect(await roleOf(copy)).toBe('master');

      // Asked before, so that it is in the memory of the second.
      expect((await keys())?.body).toMatchObject([{ key_preview: expect.stringMatching(/a1$/) }]);
      expect((await add('sk-0123456789-b2'))?.status).toBe(200);
      await vi.waitFor(
        async () => expect((await keys())?.body).toMatchObject([{ key_preview: expect.stringMatching(/b2$/) }]),
        2_000,
      );
      if (signal === 'SIGSTOP') primary.signal('SIGCONT');
    },
  );

  const isReady = async ({ client }: RunningService): Promise<boolean> => {
    const { body } = await client().get('/readyz');
    return (body as { status?: string }).status === 'ready';
  };
});

async function putPlatformSession({ url }: RedisServer, sub: string): Promise<void> {
  const redis = new Redis(url, { password: PASSWORD, db: 2 });
  await redis.set('session:before', JSON.stringify({ user: { sub } }), 'EX', 7200);
  redis.disconnect();
}

/** What the primary has, its copy has. */
async function untilCopied({ url }: RedisServer): Promise<void> {
  const redis = new Redis(url, { password: PASSWORD });
  await redis.set('copied', '1');
  expect(await redis.wait(1, 10_000)).toBe(1);
  redis.disconnect();
}

/** Each Sentinel knows the copy and both of the others: before that they choose no new primary. */
async function untilWatched(sentinels: readonly RedisServer[]): Promise<void> {
  for (const { url } of sentinels) {
    const redis = new Redis(url);
    await vi.waitFor(async () => {
      const info = await redis.info('sentinel');
      expect(info).toMatch(/name=prime,status=ok,.*slaves=1,sentinels=3/);
    }, 30_000);
    redis.disconnect();
  }
}

async function roleOf({ url }: RedisServer): Promise<unknown> {
  const redis = new Redis(url, { password: PASSWORD });
  const [role] = (await redis.role()) as unknown[];
  redis.disconnect();
  return role;
}
