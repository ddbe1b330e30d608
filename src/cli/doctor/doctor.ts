// `byok doctor`: looks at everything that the service depends on, and says what to do.
import { Command } from 'commander';
import { checkConfig } from '../../config/check-config.ts';
import { checkDatabase } from './doctor-database.ts';
import { type Check, type Finding, fail, ok, problemOf } from './doctor-findings.ts';
import { checkKeycloak } from './doctor-keycloak.ts';
import { checkRedis, checkTls } from './doctor-network.ts';
import { checkUsers } from './doctor-users.ts';

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['TLS', checkTls],
  ['Database', checkDatabase],
  ['Redis', checkRedis],
  ['Keycloak', checkKeycloak],
  ['Users', checkUsers],
];
const MARKS = { ok: '✓', warn: '!', fail: '✗' } as const;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'Checks configuration, TLS, database, Redis, Keycloak and the users, and says what to do. Exit status 1 when something is wrong.',
    )
    .option('--json', 'print the findings as JSON', false)
    .addHelpText('after', '\nExample:\n  $ byok doctor\n  $ byok doctor --json | jq \'.[] | select(.level == "fail")\'')
    .action(async ({ json }: { json: boolean }) => {
      const findings: Finding[] = [];
      for await (const finding of diagnose(process.env)) {
        findings.push(finding);
        if (!json) print(finding);
      }
      if (json) console.log(JSON.stringify(findings, null, 2));
      else console.log(closingLine(findings));
      if (findings.some(({ level }) => level === 'fail')) process.exitCode = 1;
    });
}

/** Every check in turn. One that breaks is a finding, and the others still run. */
export async function* diagnose(env: NodeJS.ProcessEnv): AsyncGenerator<Finding> {
  const { findings, config } = checkConfig(env);
  for (const { level, message } of findings) yield { subject: 'Configuration', level, message };
  if (config === undefined) return;
  if (findings.length === 0) yield { subject: 'Configuration', ...ok('every setting is valid') };
  for (const [subject, check] of CHECKS) {
    try {
      for await (const result of check(config)) yield { subject, ...result };
    } catch (error) {
      yield { subject, ...fail(problemOf(error)) };
    }
  }
}

function print({ level, subject, message }: Finding): void {
  console.log(`${MARKS[level]} ${subject}: ${message}`);
}

function closingLine(findings: readonly Finding[]): string {
  const failures = findings.filter(({ level }) => level === 'fail').length;
  const warnings = findings.filter(({ level }) => level === 'warn').length;
  if (failures + warnings === 0) return '\nEverything is well.';
  return `\n${failures} to fix (✗), ${warnings} to look at (!).`;
}
