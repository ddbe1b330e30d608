// Adds, deletions and reads from many clients while replicas are killed and paused; then every history is checked.
import { setTimeout as wait } from 'node:timers/promises';
import type { Check } from './check.ts';
import type { Cluster, Person } from './cluster.ts';
import { createKeyClient, type KeyClient, PROVIDERS } from './key-client.ts';
import { checkRegister, type Operation } from './linearizability.ts';
import { pick } from './pick.ts';
import type { Replica } from './replica.ts';

const CLIENTS = 16;
/** What is promised: a change is seen by every replica within a second. */
export const STALE_BOUND_MS = 1000;
const BETWEEN_FAULTS_MS = 2500;
/** Before the next call after one that nobody answered. */
const DEAD_MS = 200;
const SHARES = { add: 0.35, remove: 0.15, fresh: 0.25 };

interface Run {
  readonly cluster: Cluster;
  readonly people: readonly Person[];
  readonly client: KeyClient;
  /** What was done and seen, by register: a person's key for a provider. */
  readonly histories: Map<string, Operation[]>;
  readonly counts: Map<string, number>;
  left: number;
}

export async function checkConsistency(
  cluster: Cluster,
  people: readonly Person[],
  operations: number,
  report: (line: string) => void,
): Promise<Check[]> {
  const run: Run = {
    cluster,
    people,
    client: createKeyClient(),
    histories: new Map(),
    counts: new Map(),
    left: operations,
  };
  const over = new AbortController();
  const faults = injectFaults(cluster, over.signal, (what) => count(run, what));
  const progress = setInterval(() => report(`${operations - run.left} of ${operations} operations`), 10_000);
  try {
    await Promise.all(Array.from({ length: CLIENTS }, () => work(run)));
  } finally {
    clearInterval(progress);
    over.abort();
    await faults;
  }
  for (const person of people) await readLast(run, person);
  await run.client.close();
  return judge(run);
}

async function work(run: Run): Promise<void> {
  while (run.left > 0) {
    run.left -= 1;
    const person = pick(run.people);
    const replica = pick(run.cluster.replicas);
    const provider = pick(PROVIDERS);
    const choice = Math.random();
    // How many are left is a number that no other write has.
    if (choice < SHARES.add) await write(run, replica, person, provider, `w${run.left}`);
    else if (choice < SHARES.add + SHARES.remove) await write(run, replica, person, provider, null);
    else await read(run, replica, person, choice < SHARES.add + SHARES.remove + SHARES.fresh);
  }
}

async function write(run: Run, replica: Replica, person: Person, provider: string, value: string | null) {
  const start = performance.now();
  const status =
    value === null
      ? await run.client.remove(replica, person, provider)
      : await run.client.add(replica, person, provider, value);
  const kind = value === null ? 'delete' : 'add';
  const end = status === 200 ? performance.now() : Number.POSITIVE_INFINITY;
  if (status === 0) await wait(DEAD_MS);
  count(run, status === 200 ? `${kind} acknowledged` : `${kind} without success (${status})`);
  // Only a success says what happened: anything else may have taken effect, or may do so yet.
  record(run, person, provider, { kind: 'write', value, start, end });
}

async function read(run: Run, replica: Replica, person: Person, fresh: boolean): Promise<boolean> {
  const start = performance.now();
  const { status, stale, labels } = await run.client.list(replica, person, fresh);
  const end = performance.now();
  const kind = fresh ? 'uncached read' : 'cached read';
  count(run, status === 200 ? `${kind}${stale ? ', stale and saying so' : ''}` : `${kind} without success (${status})`);
  if (status === 0) await wait(DEAD_MS);
  if (status !== 200 || stale) return false;
  for (const provider of PROVIDERS) {
    const value = labels.get(provider) ?? null;
    // A cached answer may be as old as promised, so it may stand for any moment since then.
    record(run, person, provider, { kind: 'read', value, start: fresh ? start : start - STALE_BOUND_MS, end });
  }
  return true;
}

async function readLast(run: Run, person: Person): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    if (await read(run, pick(run.cluster.replicas), person, true)) return;
    await wait(500);
  }
  throw new Error(`the keys of ${person.email} could not be read at the end`);
}

/** One replica at a time, so that there is always somebody to ask. */
async function injectFaults(cluster: Cluster, over: AbortSignal, counted: (what: string) => void): Promise<void> {
  while (!over.aborted) {
    await wait(BETWEEN_FAULTS_MS * (0.5 + Math.random()), undefined, { signal: over }).catch(() => undefined);
    if (over.aborted) return;
    const replica = pick(cluster.replicas);
    if (Math.random() < 0.5) {
      await replica.kill();
      counted('replicas killed');
      await replica.start();
    } else {
      replica.pause();
      counted('replicas paused');
      await wait(500 + Math.random() * 4000);
      replica.resume();
    }
  }
}

function judge({ histories, counts }: Run): Check[] {
  const broken = [...histories].flatMap(([register, operations]) => {
    const verdict = checkRegister(operations);
    return verdict.ok ? [] : [`${register}: nothing explains ${JSON.stringify(verdict.stuck.slice(0, 4))}`];
  });
  const figures = [...counts].map(([what, number]) => `${number} ${what}`).join(', ');
  const faults = (counts.get('replicas killed') ?? 0) + (counts.get('replicas paused') ?? 0);
  const acknowledged = (counts.get('add acknowledged') ?? 0) + (counts.get('delete acknowledged') ?? 0);
  return [
    {
      name: `${histories.size} registers are linearizable, cached reads at most ${STALE_BOUND_MS} ms old, no acknowledged write lost`,
      ok: broken.length === 0,
      figure: [`${figures}; ${broken.length} broken`, ...broken.slice(0, 5)].join('\n        '),
    },
    {
      name: 'the run was a real one',
      ok: faults > 0 && acknowledged > 0,
      figure: `${faults} faults, ${acknowledged} acknowledged writes`,
    },
  ];
}

function record(run: Run, person: Person, provider: string, operation: Operation): void {
  const register = `${person.email} ${provider}`;
  const operations = run.histories.get(register) ?? [];
  operations.push(operation);
  run.histories.set(register, operations);
}

const count = ({ counts }: Run, what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
