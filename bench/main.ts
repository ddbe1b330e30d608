// `npm run bench`: what is promised of speed and memory, measured on this machine. Ratios of one run.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchCachedList } from './cached-list.ts';
import { benchFernet } from './fernet.ts';
import { benchKeycloak } from './keycloak.ts';
import { benchLoad } from './load.ts';
import { benchMemory } from './memory.ts';
import { benchReleases } from './releases.ts';
import { type Result, table } from './result.ts';

const PARTS: Readonly<Record<string, () => Result[] | Promise<Result[]>>> = {
  fernet: benchFernet,
  'cached-list': benchCachedList,
  keycloak: benchKeycloak,
  releases: benchReleases,
  load: benchLoad,
  memory: benchMemory,
};

const HELP = `Measures what is promised of speed and memory: a table, then the same as JSON.

Usage: npm run bench [-- --only ${Object.keys(PARTS).join('|')}]

Example:
  $ npm run bench -- --only fernet`;

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' }, only: { type: 'string' } } });
if (values.help) {
  console.log(HELP);
} else if (values.only !== undefined && !(values.only in PARTS)) {
  console.error(`There is no part ${values.only}.\n\n${HELP}`);
  process.exitCode = 1;
} else await run(values.only);

async function run(only: string | undefined): Promise<void> {
  const results: Result[] = [];
  for (const [name, bench] of Object.entries(PARTS)) {
    if (only !== undefined && name !== only) continue;
    console.error(`Measuring ${name} …`);
    results.push(...(await bench()));
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}`;
  const date = new Date().toISOString().slice(0, 10);
  console.log(`\n${date}, ${machine}\n\n${table(results)}\n`);
  console.log(JSON.stringify({ date, machine, results }, null, 2));
}
