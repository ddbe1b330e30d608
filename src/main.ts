// Starts the service. The only place that reads the environment and exits.
import closeWithGrace from 'close-with-grace';
import { createPinoLogger } from './adapters/pino-logger.ts';
import { composeService } from './compose.ts';
import { type Config, ConfigError, parseConfig } from './config.ts';
import { openCore } from './core.ts';
import { DEMO_USERS } from './domain/demo-users.ts';
import { ByokError } from './domain/errors.ts';
import { StartupProblem } from './domain/startup-problem.ts';

try {
  await start(parseConfig(process.env));
} catch (error) {
  if (error instanceof ConfigError || error instanceof StartupProblem) console.error(error.message);
  else if (error instanceof ByokError) console.error(`The service cannot start: ${error.message}`);
  else console.error('The service cannot start:', error);
  process.exit(1);
}

async function start(config: Config): Promise<void> {
  const logger = createPinoLogger(config.logLevel);
  const core = await openCore(config, { log: logger });
  const service = await composeService(config, core, logger);
  try {
    await service.readiness.start();
    await service.app.listen({ host: config.host, port: config.port });
  } catch (error) {
    await service.close();
    await core.close();
    throw error;
  }
  closeWithGrace({ delay: config.shutdownMs, logger: console }, async ({ err, signal }) => {
    if (err === undefined) logger.info({ signal }, 'stopping: finishing the requests in flight');
    else logger.fatal({ err }, 'unexpected error: stopping');
    await service.close();
    await core.close();
  });
  if (config.keycloak === undefined) printWelcome(config);
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
