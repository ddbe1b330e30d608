// `npm run wire`: what has changed on the wire between two commits.
import { parseArgs } from 'node:util';
import { checkOut } from './checkout.ts';
import { compareRecordings, showDifferences } from './compare.ts';
import { showCoverage } from './coverage.ts';
import { loadRecording, type Recording, saveRecording } from './recording.ts';
import { startServers } from './servers.ts';
import { record, STORE_NAMES, type StoreName } from './stores.ts';

const HELP = `Sends the same requests to the service of two commits and prints what differs: status, headers, body, rows of the
audit log, attributes of users. Without a second commit the working tree is compared, with what is not committed.

Usage: npm run wire -- COMMIT [COMMIT]

  --only embedded|keycloak   one store of users; without it both
  --save FILE                record the one commit given (or the working tree), and write it down
  --expect FILE              record the one commit given (or the working tree), and compare it with what was written down

The last line says: N requests compared, N differ. What is left out of a comparison stands in wire/normalise.ts.

Example:
  $ npm run wire -- HEAD~1 --only embedded`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h' },
    only: { type: 'string' },
    save: { type: 'string' },
    expect: { type: 'string' },
  },
});
// What was started and written ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const problem = problemOf();
if (values.help) console.log(HELP);
else if (problem !== undefined) {
  console.error(`${problem}\n\n${HELP}`);
  process.exitCode = 1;
} else process.exitCode = await run();

function problemOf(): string | undefined {
  const { only, save, expect } = values;
  const most = save === undefined && expect === undefined ? 2 : 1;
  if (only !== undefined && !STORE_NAMES.some((name) => name === only)) return `There is no store ${only}.`;
  if (positionals.length > most) return `Too many commits: ${positionals.join(' ')}.`;
  if (most === 2 && positionals.length === 0) return 'Which commit is the working tree to be compared with?';
  return undefined;
}

async function run(): Promise<number> {
  const report = (line: string): void => console.error(`[wire] ${line}`);
  const stores = values.only === undefined ? STORE_NAMES : [values.only as StoreName];
  const servers = await startServers({ outer: stores.some((name) => name !== 'embedded') });
  const recordOf = async (commit: string | undefined): Promise<Recording> => {
    const checkout = checkOut(commit);
    try {
      const recording = await record(checkout, stores, servers, report);
      for (const line of showCoverage(recording)) report(`${recording.commit}: ${line}`);
      return recording;
    } finally {
      checkout.remove();
    }
  };
  try {
    const { save, expect } = values;
    const [first, second] = positionals;
    if (save === undefined && expect === undefined) return compare(await recordOf(first), await recordOf(second));
    const recording = await recordOf(first);
    if (save !== undefined) saveRecording(save, recording);
    if (expect !== undefined) return compare(onlyOf(loadRecording(expect), stores), recording);
    console.log(`${recording.entries.length} requests recorded`);
    return 0;
  } finally {
    await servers.stop();
  }
}

function compare(before: Recording, after: Recording): number {
  const differences = compareRecordings(before, after);
  for (const text of showDifferences(differences)) console.log(`${text}\n`);
  console.log(`${after.entries.length} requests compared, ${differences.length} differ`);
  return differences.length === 0 ? 0 : 1;
}

/** What was written down of the stores that are recorded now. */
function onlyOf(recording: Recording, stores: readonly string[]): Recording {
  const entries = recording.entries.filter(({ name }) => stores.some((store) => name.startsWith(`${store} `)));
  return { ...recording, entries };
}
