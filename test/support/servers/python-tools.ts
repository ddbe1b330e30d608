// A Python environment in the cache with the tools that tests use as oracles: `cryptography` (Fernet) and `schemathesis`.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cachedFolder } from './cache-folder.ts';
import { report } from './report.ts';
import { runCommand } from './run-command.ts';

const PACKAGES = ['cryptography==50.0.2', 'schemathesis==4.32.5'];

/** Answers the paths of the environment's `python` and `schemathesis`. `python3` is a Python with `venv`. */
export async function pythonTools(python3: string): Promise<{ python: string; schemathesis: string }> {
  const wanted = createHash('sha256').update(PACKAGES.join(' ')).digest('hex').slice(0, 12);
  const folder = await cachedFolder(`python-${wanted}`, async (folder) => {
    report(`Preparing Python with ${PACKAGES.join(' and ')} …`);
    await runCommand(python3, ['-m', 'venv', folder]);
    await runCommand(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
  });
  return { python: join(folder, 'bin', 'python'), schemathesis: join(folder, 'bin', 'schemathesis') };
}
