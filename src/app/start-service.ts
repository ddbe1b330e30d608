// The start, step by step, and the stop. The only place that reads the environment and exits.
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { type Config, ConfigError, parseConfig } from '../config/config.ts';
import { requireFiles } from '../config/file-checks.ts';
import { createLiveConfig } from '../config/live-config.ts';
import { realmAddress } from '../keycloak/realm-address.ts';
import { ByokError, StartupProblem } from '../shared/errors.ts';
import { VERSION } from '../shared/version.ts';
import { openTelemetry } from '../telemetry/compose-telemetry.ts';
import { createLogDestination } from '../telemetry/log-destination.ts';
import { createPinoLogger } from '../telemetry/pino-logger.ts';
import { scrub } from '../telemetry/pino-scrub.ts';
import { DEMO_USERS } from '../users/demo-users.ts';
import { composeService, type Service } from './compose-service.ts';
import { openCore } from './core.ts';
import { createReload } from './reload.ts';
import { markRunning } from './running-mark.ts';
import type { StartSignals } from './start-signals.ts';
import { waitUntilWritable } from './wait-until-writable.ts';

/** Resolves when it is running, or ends the process. */
export async function startService(signals: StartSignals): Promise<void> {
  try {
    await start(parseConfig(process.env), signals);
  } catch (error) {
    // Somebody has stopped it, and everything that was open is closed.
    if (signals.stopping.aborted) process.exit(0);
    console.error(sentenceOf(error));
    process.exit(1);
  }
}

async function start(first: Config, signals: StartSignals): Promise<void> {
  requireFiles(first);
  const live = createLiveConfig(first);
  const { config } = live;
  // On a terminal every line at once; into a file or a pipe in pieces.
  const logger = createPinoLogger(
    config.logLevel,
    process.stdout.isTTY ? undefined : createLogDestination(process.stdout.fd),
  );
  const opened = new AsyncDisposableStack();
  opened.defer(markRunning());
  const apps: FastifyInstance[] = [];
  const reload = createReload({ env: process.env, live, apps, logger });
  boundStop(signals, config.shutdownMs, logger);
  let service: Service;
  try {
    service = await open(config, { logger, signals, opened });
    apps.push(service.app, ...(service.internalApp === undefined ? [] : [service.internalApp]));
  } catch (error) {
    await opened.disposeAsync().catch(() => undefined);
    throw error;
  }
  const { drainMs, shutdownMs } = config;
  let ended: NodeJS.Signals | undefined;
  const skip: ('SIGHUP' | 'SIGTERM' | 'SIGINT')[] = ['SIGHUP', 'SIGTERM', 'SIGINT'];
  const grace = closeWithGrace({ delay: drainMs + shutdownMs, logger, skip }, async ({ err, signal = ended }) => {
    if (err === undefined) {
      logger.info({ signal, seconds: drainMs / 1000 }, 'stopping: serving on for DRAIN_SECONDS, not ready');
      await service.drain();
    } else logger.fatal({ err }, 'unexpected error: stopping');
    logger.info('finishing the requests in flight');
    await opened.disposeAsync();
    logger.info('stopped');
  });
  signals.started({
    reload,
    stop(signal) {
      ended = signal;
      void grace.close();
    },
    stopAtOnce(signal) {
      logger.error(`second ${signal}, exiting`);
      process.exit(1);
    },
  });
  if (config.keycloak === undefined) printWelcome(config);
}

interface Start {
  readonly logger: Logger;
  readonly signals: StartSignals;
  /** What is open by then, also where it throws. */
  readonly opened: AsyncDisposableStack;
}

async function open(config: Config, { logger, signals, opened }: Start): Promise<Service> {
  const telemetry = await openTelemetry(config, logger);
  opened.defer(telemetry.close);
  const core = await waitUntilWritable(
    () => openCore(config, { log: logger, ...telemetry.core }),
    (reason) => logger.warn(`waiting to start: ${reason}`),
    signals.stopping,
  );
  opened.defer(core.close);
  logger.info(
    {
      version: VERSION,
      directory: config.keycloak === undefined ? 'embedded' : realmAddress(config.keycloak.url, config.keycloak.realm),
      database: core.database.kind,
      sessions: config.redisUrl === undefined ? 'memory' : 'redis',
    },
    'starting',
  );
  signals.stopping.throwIfAborted();
  const service = await composeService(config, core, logger, telemetry);
  opened.defer(service.close);
  await signals.unlessStopped(service.readiness.start());
  await signals.unlessStopped(service.listen());
  return service;
}

/** A step that is under way is finished, but not for ever. */
function boundStop({ stopping }: StartSignals, withinMs: number, logger: Logger): void {
  const stop = (): void => {
    logger.info({ reason: String(stopping.reason?.message) }, 'stopping: the start is given up');
    setTimeout(() => process.exit(0), withinMs).unref();
  };
  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop, { once: true });
}

type ListenError = NodeJS.ErrnoException & { port?: number; address?: string; hostname?: string };

/** What an operator can act on is a sentence; a mistake of ours keeps its stack, and passes the same scrub as the logs. */
function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartupProblem) return error.message;
  if (error instanceof ByokError) return `The service cannot start: ${error.message}`;
  const { code, port, address, hostname } = error as ListenError;
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use: stop what uses it, or set PORT (or INTERNAL_PORT) to another.`;
  if (code === 'EACCES' && port !== undefined)
    return `Port ${port} may not be used by this account: set PORT (or INTERNAL_PORT) to another.`;
  if (code === 'EADDRNOTAVAIL' && address !== undefined)
    return `${address} is not an address of this machine: set HOST (or INTERNAL_HOST) to one that it has, such as 0.0.0.0 for all.`;
  if ((code === 'ENOTFOUND' || code === 'EAI_AGAIN') && hostname !== undefined)
    return `${hostname} is no name of this machine: set HOST (or INTERNAL_HOST) to one of its addresses, such as 0.0.0.0 for all.`;
  return `The service cannot start: ${scrub(error instanceof Error ? (error.stack ?? error.message) : String(error))}`;
}

function printWelcome({ publicUrl, basePath }: Config): void {
  const root = `${publicUrl}${basePath}`;
  console.error(`
ops-center-byok is running with its embedded default: demo users, data on this machine only.

  Open            ${root}
  API reference   ${root}/docs
  Sign in as      ${DEMO_USERS.map((user) => user.email).join('\n                  ')}

Try it:

  curl -c cookies.txt -H 'Content-Type: application/json' -d '{"email": "starter@example.com"}' ${root}/auth/demo
  curl -b cookies.txt -H 'Content-Type: application/json' -d '{"provider": "openai", "key": "sk-0123456789abcdef"}' ${root}/api/v1/byok/keys/add
  curl -b cookies.txt ${root}/api/v1/byok/keys

Stop with Ctrl+C.
`);
}
