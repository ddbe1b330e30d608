// Some variables by name, for commands that run before the service's configuration is complete.
import { ConfigError, readVariables } from '../config/config.ts';
import { readSecretFiles } from '../config/secret-files.ts';
import type { VARIABLES } from '../config/variables.ts';

type Name = keyof typeof VARIABLES;

/**
 * Reads and checks these variables, as the service would.
 * @param required with why each is needed, to complete "NAME must be set: …".
 * @throws ConfigError with every problem found.
 */
export function pickVariables<N extends Name>(
  given: Readonly<Record<string, string | undefined>>,
  names: readonly N[],
  required: Partial<Record<N, string>>,
) {
  const { env, problems: unreadable } = readSecretFiles(given);
  const problems = unreadable.filter((problem) =>
    names.some((name) => problem.startsWith(`${name}_FILE `) || problem.startsWith(`${name} `)),
  );
  const values = readVariables(env, names, problems);
  for (const [name, why] of Object.entries(required)) {
    if (!env[name]?.trim() && !env[`${name}_FILE`]?.trim()) problems.push(`${name} must be set: ${why}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values;
}
