// Some variables by name, for commands that run before the service's configuration is complete.
import type { z } from 'zod';
import { ConfigError } from '../config.ts';
import { VARIABLES } from '../variables.ts';

type Name = keyof typeof VARIABLES;
type Picked<N extends Name> = { [K in N]: z.output<(typeof VARIABLES)[K]['schema']> | undefined };

/**
 * Reads and checks these variables, as the service would.
 * @param required with why each is needed, to complete "NAME must be set: …".
 * @throws ConfigError with every problem found.
 */
export function pickVariables<N extends Name>(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly N[],
  required: Partial<Record<N, string>>,
): Picked<N> {
  const problems: string[] = [];
  const values: Partial<Record<Name, unknown>> = {};
  for (const name of names) {
    const variable = VARIABLES[name];
    const text = env[name]?.trim() || ('fallback' in variable ? variable.fallback : undefined);
    if (text === undefined) {
      if (required[name] !== undefined) problems.push(`${name} must be set: ${required[name]}`);
      continue;
    }
    const result = variable.schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else problems.push(`${name} ${result.error.issues[0]?.message ?? 'is not valid'}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Picked<N>;
}
