// A Python environment in the cache with what tests use: `cryptography` (an oracle for Fernet), `schemathesis`, and what the Python
// client and its own tests need.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cachedFolder } from './cache-folder.ts';
import { report } from './report.ts';
import { runCommand } from './run-command.ts';

const REQUIREMENTS = join(import.meta.dirname, 'python-requirements.txt');

/** Answers the paths of the environment's `python` and `schemathesis`. `python3` is a Python with `venv`. */
export async function pythonTools(
  python3: string,
): Promise<{ readonly python: string; readonly schemathesis: string }> {
  const wanted = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .update(python3)
    .digest('hex')
    .slice(0, 12);
  const folder = await cachedFolder(`python-${wanted}`, async (folder) => {
    report('Preparing Python with what the tests need …');
    await runCommand(python3, ['-m', 'venv', folder]);
    const exact = ['--require-hashes', '--only-binary', ':all:', '--requirement', REQUIREMENTS];
    await runCommand(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--no-input', ...exact]);
  });
  return { python: join(folder, 'bin', 'python'), schemathesis: join(folder, 'bin', 'schemathesis') };
}
