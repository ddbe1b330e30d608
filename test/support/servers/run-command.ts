// Runs one command to its end. Its output is shown only when it fails.
import { spawn } from 'node:child_process';

type CommandOptions = {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly timeoutMs?: number;
};

const OUTPUT_SHOWN = 4000;

/**
 * Answers what the command printed to stdout. Rejects, with the end of its output, when the command is missing,
 * exits with anything but 0 or takes longer than `timeoutMs` (five minutes unless told).
 */
export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { timeoutMs = 5 * 60_000, ...spawnOptions } = options;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(command, args, { ...spawnOptions, timeout: timeoutMs, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let output = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const fail = (how: string) =>
    reject(new Error(`${command} ${args.join(' ')} ${how}\n${output.slice(-OUTPUT_SHOWN)}`.trimEnd()));
  child.on('error', (error) => fail(`could not be run: ${error.message}`));
  child.on('close', (code, signal) =>
    code === 0 ? resolve(printed) : fail(`ended with ${signal ?? `exit code ${code}`}`),
  );
  return promise;
}
