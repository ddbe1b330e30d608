// Some variables by name, for commands that run before the service's configuration is complete.
import { ConfigError, readVariables } from '../config/config.ts';
import type { VARIABLES } from '../config/variables.ts';

type Name = keyof typeof VARIABLES;

/**
 * Reads and checks these variables, as the service would.
 * @param required with why each is needed, to complete "NAME must be set: …".
 * @throws ConfigError with every problem found.
 */
export function pickVariables<N extends Name>(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly N[],
  required: Partial<Record<N, string>>,
) {
  const problems: string[] = [];
  const values = readVariables(env, names, problems);
  for (const [name, why] of Object.entries(required)) {
    if (!env[name]?.trim()) problems.push(`${name} must be set: ${why}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values;
}
