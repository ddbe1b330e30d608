// Everything that can be said of the settings without asking anything outside this machine.
import { networkInterfaces } from 'node:os';
import { type Config, ConfigError, parseConfig } from './config.ts';
import type { Env } from './config-checks.ts';
import { type ConfigFinding, checkFiles } from './file-checks.ts';
import { readSecretFiles } from './secret-files.ts';
import { unknownVariables } from './unknown-variables.ts';

/** All at once. @returns the configuration too, where it can be made. */
export function checkConfig(env: Env): {
  readonly findings: readonly ConfigFinding[];
  readonly config: Config | undefined;
} {
  const findings: ConfigFinding[] = [];
  let config: Config | undefined;
  try {
    config = parseConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.push(...error.problems.map((message) => ({ level: 'fail', message }) as const));
  }
  findings.push(...[...unknownVariables(env)].map((message) => ({ level: 'fail', message }) as const));
  if (config !== undefined)
    findings.push(...checkFiles(config), ...withoutEffect(config, env), ...checkListening(config));
  findings.push(...readSecretFiles(env).warnings.map((message) => ({ level: 'warn', message }) as const));
  return { findings, config };
}

/** Only a warning: settings may be checked on another machine, or in another container, than they are for. */
function* checkListening({ host, internal }: Config): Generator<ConfigFinding> {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((addresses) => addresses?.map(({ address }) => address) ?? []),
  );
  for (const [name, address] of [
    ['HOST', host],
    ['INTERNAL_HOST', internal?.host],
  ] as const) {
    if (address === undefined) continue;
    if (!/^[1-9][\d.]*$|^[23][0-9a-f]{3}:/i.test(address) || address.startsWith('127.') || own.has(address)) continue;
    yield {
      level: 'warn',
      message: `${name} is ${address}, which is no address of this machine: the service starts only where it is one. Set it to 0.0.0.0 for all`,
    };
  }
}

/** What somebody has set on purpose, and what does nothing without something else. */
function* withoutEffect({ redisUrl }: Config, { PLATFORM_SESSIONS: platform }: Env): Generator<ConfigFinding> {
  if (platform?.trim() === 'true' && redisUrl === undefined)
    yield {
      level: 'warn',
      message:
        'PLATFORM_SESSIONS is true, and counts for nothing without the Redis of the ops-center back end: set REDIS_URL to it',
    };
}
