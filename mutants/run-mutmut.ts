// mutmut on the Python client, in a copy of it and with a Python environment of its own, both in `.mutants`.
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome, Survivor } from './outcome.ts';
import { runProgram } from './run-program.ts';

export const PYTHON_PART = 'python-client';
const SETTINGS = '\n[tool.mutmut]\nsource_paths = ["src"]\npytest_add_cli_args_test_selection = ["tests/unit"]\n';
/** A line of `mutmut results --all true`, such as "    package.module.x_name__mutmut_3: survived". */
const RESULT = /^\s+(\S+): (.+)$/;

/** @throws Error where Python or mutmut fails. */
export async function runMutmut(root: string, work: string): Promise<Outcome> {
  const environment = join(work, 'python');
  const programs = join(environment, 'bin');
  if (!existsSync(join(programs, 'mutmut'))) {
    await runProgram('python3', ['-m', 'venv', environment], { cwd: root });
    const requirements = join(import.meta.dirname, 'python-requirements.txt');
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-input',
      '--require-hashes',
      '--requirement',
      requirements,
    ];
    await runProgram(join(programs, 'python'), install, { cwd: root });
  }
  const client = join(work, PYTHON_PART);
  rmSync(client, { recursive: true, force: true });
  cpSync(join(root, 'clients', 'python'), client, { recursive: true });
  appendFileSync(join(client, 'pyproject.toml'), SETTINGS);
  const env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
  await runProgram(join(programs, 'mutmut'), ['run'], { cwd: client, env });
  const printed = execFileSync(join(programs, 'mutmut'), ['results', '--all', 'true'], {
    cwd: client,
    encoding: 'utf8',
  });
  return outcomeOf(printed);
}

function outcomeOf(printed: string): Outcome {
  let killed = 0;
  const survivors: Survivor[] = [];
  for (const line of printed.split('\n')) {
    const [, place = '', status = ''] = RESULT.exec(line) ?? [];
    if (status === 'killed' || status === 'timeout') killed += 1;
    if (status !== 'survived' && status !== 'no tests') continue;
    survivors.push({ place, change: `mutmut show ${place}`, untested: status === 'no tests' });
  }
  return { part: PYTHON_PART, killed, survivors };
}
