// Runs the command that the arguments name.
import { ConfigError } from '../config/config.ts';
import { ByokError, StartupProblem } from '../shared/errors.ts';
import { byokCommand } from './byok-command.ts';

export async function runByok(): Promise<void> {
  try {
    await byokCommand().parseAsync();
  } catch (error) {
    // What an operator can act on is one sentence; anything else is a mistake of ours and keeps its stack.
    const known = error instanceof ConfigError || error instanceof StartupProblem || error instanceof ByokError;
    console.error(known ? error.message : error);
    process.exitCode = 1;
  }
}
