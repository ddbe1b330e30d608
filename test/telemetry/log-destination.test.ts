import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createLogDestination } from '../../src/telemetry/log-destination.ts';

const folder = mkdtempSync(join(tmpdir(), 'byok-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MODULE = fileURLToPath(new URL('../../src/telemetry/log-destination.ts', import.meta.url));
const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1);

/** Runs the code in a process of its own, where `destination` writes into the file. */
function run(file: string, code: string, env: NodeJS.ProcessEnv = {}) {
  const script = `import { openSync } from 'node:fs';
    import { createLogDestination } from ${JSON.stringify(MODULE)};
    const destination = createLogDestination(openSync(${JSON.stringify(file)}, 'a'));
    ${code}`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

describe('the log destination', () => {
  it('brings one line to its file without another one following', async () => {
    const file = join(folder, 'one');
    createLogDestination(openSync(file, 'a')).write('a line\n');
    await vi.waitFor(() => expect(linesOf(file)).toEqual(['a line']), 5000);
  });

  it.each([
    ['an exit', 'process.exit(0);', 0],
    ['an exception', 'throw new Error("unexpected");', 1],
    ['nothing left to do', '', 0],
  ])('loses no line and keeps their order when the process ends by %s', (name, end, status) => {
    const file = join(folder, name);
    const ended = run(file, `for (let i = 0; i < 5000; i += 1) destination.write(\`line \${i} é\\n\`); ${end}`);
    expect(ended.status).toBe(status);
    expect(linesOf(file)).toEqual(Array.from({ length: 5000 }, (_, i) => `line ${i} é`));
  });

  it('keeps their order where the threads that could write for it are busy', () => {
    const file = join(folder, 'busy');
    const { status } = run(
      file,
      `import { pbkdf2 } from 'node:crypto';
      pbkdf2('a', 'b', 400_000, 32, 'sha512', () => {});
      for (let i = 0; i < 5000; i += 1) destination.write(\`line \${i}\\n\`);
      setTimeout(() => process.exit(0), 20);`,
      { UV_THREADPOOL_SIZE: '1' },
    );
    expect(status).toBe(0);
    expect(linesOf(file)).toEqual(Array.from({ length: 5000 }, (_, i) => `line ${i}`));
  });
});
