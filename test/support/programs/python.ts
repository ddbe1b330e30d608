// Runs Python with the `cryptography` package, which is what the old services encrypt with: JSON in, JSON out.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';

const LIMIT_MS = 60_000;

/**
 * @param script Python that finds the input in `data` and leaves its answer in `result`.
 * @param input anything that JSON can carry.
 * @returns `result`. Throws with what Python printed where the script fails or takes longer than a minute.
 */
export async function runPython<Result>(script: string, input: unknown): Promise<Result> {
  const program = `import json, sys\ndata = json.load(sys.stdin)\n${script}\njson.dump(result, sys.stdout)\n`;
  const child = spawn(inject('python'), ['-c', program], {
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    timeout: LIMIT_MS,
  });
  // A script that ends before it has read everything breaks the pipe; its exit status says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(input));
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [status, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (status !== 0) throw new Error(`Python ended with status ${status}: ${errors}`);
  return JSON.parse(output) as Result;
}
