// A program whose output is shown as it comes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

interface Options {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Resolves when it has ended well. @throws Error that names the program and its exit status. */
export async function runProgram(command: string, args: readonly string[], options: Options): Promise<void> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${code}`);
}
