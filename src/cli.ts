// The command line: `byok --help`.
import { byokCommand } from './cli/byok-command.ts';
import { ConfigError } from './config/config.ts';
import { ByokError, StartupProblem } from './shared/errors.ts';

try {
  await byokCommand().parseAsync();
} catch (error) {
  // What an operator can act on is one sentence; anything else is a mistake of ours and keeps its stack.
  const known = error instanceof ConfigError || error instanceof StartupProblem || error instanceof ByokError;
  console.error(known ? error.message : error);
  process.exitCode = 1;
}
