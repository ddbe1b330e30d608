// `npm run faults`: three replicas on real Keycloak, PostgreSQL and Redis, with everything going wrong that can.
import { parseArgs } from 'node:util';
import { type Check, showCheck } from './check.ts';
import { startCluster } from './cluster.ts';
import { checkConsistency } from './consistency.ts';
import { checkKeycloakPause } from './keycloak-pause.ts';
import { checkReleases } from './releases.ts';

const PEOPLE = 20;

const HELP = `Runs three replicas on a Keycloak, a PostgreSQL and a Redis of its own, kills and pauses what it likes,
and checks that nothing is lost, stale or released without a trace. The last line says: N passed, N failed.

Usage: npm run faults [-- --short]

  --short   1,000 operations and a pause of 10 s; without it 10,000 and 60 s, which takes some ten minutes

Example:
  $ npm run faults -- --short`;

const { values } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' }, short: { type: 'boolean', default: false } },
});
if (values.help) console.log(HELP);
else process.exitCode = await run(values.short);

async function run(short: boolean): Promise<number> {
  const report = (line: string): void => console.error(`[faults] ${line}`);
  const checks: Check[] = [];
  const cluster = await startCluster({ people: 2 * PEOPLE });
  const others = cluster.people.slice(PEOPLE);
  try {
    report('Replicas are killed and paused under load …');
    checks.push(...(await checkConsistency(cluster, cluster.people.slice(0, PEOPLE), short ? 1000 : 10_000, report)));
    report('Keycloak hangs under load …');
    checks.push(...(await checkKeycloakPause(cluster, others, short ? 10_000 : 60_000)));
    report('PostgreSQL stops during releases …');
    checks.push(...(await checkReleases(cluster, others, 1000)));
  } finally {
    await cluster.stop();
  }
  for (const check of checks) console.log(showCheck(check));
  const failed = checks.filter(({ ok }) => !ok).length;
  console.log(`${checks.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
