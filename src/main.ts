// Starts the service. The only place that reads the environment and exits.
import { closeSync, openSync } from 'node:fs';
import closeWithGrace from 'close-with-grace';
import { composeService } from './app/compose-service.ts';
import { openCore } from './app/core.ts';
import { createReload } from './app/reload.ts';
import { markRunning } from './app/running-mark.ts';
import { waitUntilWritable } from './app/wait-until-writable.ts';
import { type Config, ConfigError, parseConfig } from './config/config.ts';
import { requireFiles } from './config/file-checks.ts';
import { createLiveConfig } from './config/live-config.ts';
import { realmAddress } from './keycloak/realm-address.ts';
import { ByokError, StartupProblem } from './shared/errors.ts';
import { VERSION } from './shared/version.ts';
import { openTelemetry } from './telemetry/compose-telemetry.ts';
import { createLogDestination } from './telemetry/log-destination.ts';
import { createPinoLogger } from './telemetry/pino-logger.ts';
import { scrub } from './telemetry/pino-scrub.ts';
import { DEMO_USERS } from './users/demo-users.ts';

try {
  await start(parseConfig(process.env));
} catch (error) {
  console.error(sentenceOf(error));
  process.exit(1);
}

async function start(first: Config): Promise<void> {
  requireFiles(first);
  const live = createLiveConfig(first);
  const { config } = live;
  // On a terminal every line at once; into a file or a pipe in pieces.
  const logger = createPinoLogger(
    config.logLevel,
    process.stdout.isTTY ? undefined : createLogDestination(process.stdout.fd),
  );
  let reload = (): void => undefined;
  process.on('SIGHUP', () => (hasLostTerminal() ? process.kill(process.pid, 'SIGTERM') : reload()));
  const unmark = markRunning();
  const telemetry = await openTelemetry(config, logger);
  const core = await waitUntilWritable(
    () => openCore(config, { log: logger, ...telemetry.core }),
    (reason) => logger.warn(`waiting to start: ${reason}`),
  );
  logger.info(
    {
      version: VERSION,
      directory: config.keycloak === undefined ? 'embedded' : realmAddress(config.keycloak.url, config.keycloak.realm),
      database: core.database.kind,
      sessions: config.redisUrl === undefined ? 'memory' : 'redis',
    },
    'starting',
  );
  const service = await composeService(config, core, logger, telemetry);
  try {
    await service.readiness.start();
    await service.listen();
  } catch (error) {
    await service.close();
    await core.close();
    throw error;
  }
  reload = createReload({ env: process.env, live, apps: [service.app, service.internalApp], logger });
  closeWithGrace({ delay: config.shutdownMs, logger, skip: ['SIGHUP'] }, async ({ err, signal }) => {
    if (err === undefined) logger.info({ signal }, 'stopping: finishing the requests in flight');
    else logger.fatal({ err }, 'unexpected error: stopping');
    await service.close();
    await core.close();
    await telemetry.close();
    unmark();
    logger.info('stopped');
  });
  if (config.keycloak === undefined) printWelcome(config);
}

/** A terminal that was closed sends the same signal as somebody who asks for a reload. */
function hasLostTerminal(): boolean {
  if (!process.stdout.isTTY) return false;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
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
