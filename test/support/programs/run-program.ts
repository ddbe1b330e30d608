// Runs a program in a folder and waits for its end, half a minute at most unless told.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

const LIMIT_MS = 30_000;

export async function runProgram(
  command: string,
  args: readonly string[],
  {
    folder,
    env = {},
    limitMs = LIMIT_MS,
  }: { folder: string; env?: Readonly<Record<string, string>>; limitMs?: number },
): Promise<{ status: number | null; output: string; errors: string }> {
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [status, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { status, output, errors };
}
