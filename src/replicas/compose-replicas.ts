// What replicas share: Redis, the news of each other's changes, and who else runs.
import type { Logger } from 'pino';
import type { Core } from '../app/core.ts';
import { beginKeyChange } from '../audit/master-keys/postgres-key-changes.ts';
import { AuditFlawProblem } from '../audit/upkeep/postgres-whole-audit.ts';
import type { Config } from '../config/config.ts';
import { createRedisConnection, type RedisConnection } from '../redis/redis-connection.ts';
import { createStopWatch, type StopWatch } from '../redis/stop-watch.ts';
import { ALONE, type Invalidation, type InvalidationListener } from './invalidation.ts';
import { createPostgresReplicas, type Replicas } from './postgres-replicas.ts';
import { BEAT_MS, createRedisInvalidation } from './redis-invalidation.ts';

export interface Replication {
  readonly redis: RedisConnection['client'] | undefined;
  readonly connection: RedisConnection | undefined;
  readonly invalidation: Pick<Invalidation, 'fresh' | 'problem' | 'announce' | 'written'>;
  /** Keeps the memory in step from here on, and tells the others of this replica. */
  start(memory: InvalidationListener): Promise<void>;
  /** After everything that uses Redis. Idempotent. */
  close(): Promise<void>;
}

export function composeReplication(config: Config, core: Core, logger: Logger): Replication {
  const stopWatch = createStopWatch({ everyMs: BEAT_MS });
  const redis = openRedis(config, stopWatch, logger);
  const invalidation = openInvalidation(redis, stopWatch, logger);
  const replicas = openReplicas(config, core, logger);
  return {
    redis: redis?.client,
    connection: redis,
    invalidation,
    async start(memory) {
      await invalidation.start(memory);
      if (replicas === undefined) await beginAlone(core, logger);
      await replicas?.start();
    },
    async close() {
      await Promise.all([invalidation.close(), replicas?.close()]);
      await redis?.close();
    },
  };
}

function openRedis({ redisUrl }: Config, { hasJustStopped }: StopWatch, logger: Logger): RedisConnection | undefined {
  if (redisUrl === undefined) return undefined;
  return createRedisConnection({
    url: redisUrl,
    hasJustStopped,
    onLost: (reason) => logger.error({ reason }, 'Redis is out of reach: sessions cannot be read'),
    onRestored: () => logger.info('Redis is back'),
  });
}

/** With one replica there is nobody to keep in step with. */
function openInvalidation(redis: RedisConnection | undefined, stopWatch: StopWatch, logger: Logger): Invalidation {
  if (redis === undefined) return ALONE;
  return createRedisInvalidation({
    redis: redis.client,
    stopWatch,
    onLost: () => logger.warn('changes of other replicas are not heard: key records are read from Keycloak each time'),
    onRestored: () => logger.info('in step with other replicas'),
    onStopped: (ms) => logger.warn({ stopped_ms: Math.round(ms) }, STOPPED(Math.round(ms / 1000))),
  });
}

const STOPPED = (seconds: number): string =>
  `this process was stopped for about ${seconds} s (paused, or without processor time): what it remembers is not believed until it is in step with other replicas again`;

const BEGUN =
  'the change to the first key of ENCRYPTION_KEY has begun: it encrypts from now on, and the older ones still decrypt';

const HELD_UP =
  'the audit log has a flaw, so no other encryption key takes over, and a log of an earlier version stays one';

const OUT_OF_TOUCH =
  'it cannot be known which encryption keys other replicas have: what cannot be decrypted is answered with 503 until it is';

/** The embedded database is for one process, which asks nobody. */
async function beginAlone({ database, auditChain }: Core, logger: Logger): Promise<void> {
  try {
    const state = await beginKeyChange(database.db, auditChain, async () => true);
    if (state === 'begun') logger.info({ key_id: auditChain.keyIds[0] }, BEGUN);
  } catch (error) {
    if (!(error instanceof AuditFlawProblem)) throw error;
    logger.error({ reason: error.message }, HELD_UP);
  }
}

/** The embedded database is for one process. */
function openReplicas({ databaseUrl, redisUrl }: Config, core: Core, logger: Logger): Replicas | undefined {
  if (databaseUrl === undefined) return undefined;
  return createPostgresReplicas({
    db: core.database.db,
    chain: core.auditChain,
    onKeyChange(state, key) {
      if (state === 'begun') logger.info({ key_id: key }, BEGUN);
      else
        logger.warn(
          { key_id: key },
          'ENCRYPTION_KEY begins with a key that some running replica does not have yet: keys go on being encrypted with the current one until all have it',
        );
    },
    onFlaw: ({ message }) => logger.error({ reason: message }, HELD_UP),
    onMissingKeys(keys) {
      if (keys.length === 0) logger.info('the replicas have the same encryption keys again');
      else
        logger.error(
          { keys },
          'another replica has an encryption key that is not in ENCRYPTION_KEY here: what cannot be decrypted is answered with 503 until all have the same list',
        );
    },
    onInTouch(problem) {
      if (problem === undefined) logger.info('it is known again which encryption keys the other replicas have');
      else logger.error({ reason: problem instanceof Error ? problem.message : 'unknown' }, OUT_OF_TOUCH);
    },
    onOthers(replicas) {
      if (redisUrl === undefined) logger.warn({ replicas }, 'several replicas run without Redis: set REDIS_URL');
      else logger.info({ replicas }, 'several replicas run');
    },
  });
}
