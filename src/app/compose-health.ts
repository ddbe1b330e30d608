// What `/readyz` says of database and Redis. It is found out at intervals, by doing what the service does, so that asking
// costs nothing, however often somebody asks.
import type { Logger } from 'pino';
import { databaseFault } from '../database/database-fault.ts';
import type { Outages } from '../http/health-routes.ts';
import type { KeycloakBreaker } from '../keycloak/health/keycloak-breaker.ts';
import { refusedWord } from '../keycloak/keycloak-failures.ts';
import { redisFault } from '../redis/redis-fault.ts';
import type { Replication } from '../replicas/compose-replicas.ts';
import { StartupProblem } from '../shared/errors.ts';
import type { PartFault } from '../shared/part-fault.ts';
import { createPartWatch, type PartWatch } from '../shared/part-watch.ts';
import type { Core } from './core.ts';
import { tryDatabase } from './database-trial.ts';
import { tryRedis } from './redis-trial.ts';

export interface Health {
  readonly outages: Outages;
  /** Looks at both now. What is wrong is in `outages`. */
  look(): Promise<void>;
  /** Looks at both, then again and again. @throws StartupProblem where one refuses for good. */
  start(): Promise<void>;
  stop(): void;
}

export function composeHealth(core: Core, replication: Replication, logger: Logger): Health {
  const database = createPartWatch({
    attempt: () => tryDatabase(core.database, core),
    faultOf: databaseFault,
    onFault: (fault) => logger.error({ fault: fault.word }, fault.advice),
    onRecovered: () => logger.info('the database does again what the service needs of it'),
  });
  const redis = watchRedis(replication, logger);
  const parts = [database, ...(redis === undefined ? [] : [redis])];
  return {
    outages: () => outagesOf(core, replication.invalidation.fresh, { database, redis }),
    async look() {
      await Promise.all(parts.map((part) => part.look()));
    },
    async start() {
      const faults = await Promise.all(parts.map((part) => part.look()));
      const refusals = faults.filter((fault) => fault?.lasting).map((fault) => fault?.advice);
      if (refusals.length > 0) throw new StartupProblem(refusals.join('\n'));
      for (const part of parts) part.start();
    },
    stop() {
      for (const part of parts) part.stop();
    },
  };
}

function watchRedis({ connection, invalidation }: Replication, logger: Logger): PartWatch | undefined {
  if (connection === undefined) return undefined;
  return createPartWatch({
    attempt: () => tryRedis(connection, invalidation),
    faultOf: redisFault,
    onFault: (fault) => logger.error({ fault: fault.word }, fault.advice),
    onRecovered: () => logger.info('Redis does again what the service needs of it'),
  });
}

const keycloakWord = (breaker: KeycloakBreaker): string | undefined => {
  if (breaker.state() === 'closed') return undefined;
  const cause = breaker.cause();
  return (cause && refusedWord(cause)) ?? 'no_answer';
};

function outagesOf(
  { breaker }: Core,
  heard: () => boolean,
  { database, redis }: { database: PartWatch; redis: PartWatch | undefined },
): ReturnType<Outages> {
  const word = (fault: PartFault | undefined) => fault?.word;
  return {
    database: word(database.fault()),
    ...(breaker && { keycloak: keycloakWord(breaker) }),
    ...(redis && { redis: word(redis.fault()) ?? (heard() ? undefined : 'not_heard') }),
  };
}
