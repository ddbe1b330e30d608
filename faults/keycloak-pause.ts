// Keycloak hangs under load: cached reads go on, the breaker opens and closes by itself.
import { setTimeout as wait } from 'node:timers/promises';
import type { Check } from './check.ts';
import type { Cluster, Person } from './cluster.ts';
import { createKeyClient, type KeyClient } from './key-client.ts';
import { breakerState } from './metrics.ts';
import { pick } from './pick.ts';
import type { Replica } from './replica.ts';

const CLIENTS = 16;
const OPENS_MS = 5000;
const CLOSES_MS = 10_000;

/** @param people whom nobody has written a moment ago: a writer who was killed keeps them out of memory for a while. */
export async function checkKeycloakPause(
  cluster: Cluster,
  people: readonly Person[],
  pauseMs: number,
): Promise<Check[]> {
  const client = createKeyClient();
  const statuses = new Map<number, number>();
  const over = new AbortController();
  for (const replica of cluster.replicas) for (const person of people) await warm(client, replica, person);
  const load = Array.from({ length: CLIENTS }, async () => {
    while (!over.signal.aborted) {
      const { status } = await client.list(pick(cluster.replicas), pick(people), false);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      // Writes and uncached reads are what finds Keycloak silent; theirs is no promise here.
      if (Math.random() < 0.02) void client.list(pick(cluster.replicas), pick(people), true);
      await wait(5);
    }
  });
  cluster.keycloak.pause();
  const opened = await when(cluster, (state) => state !== 'closed', pauseMs);
  await wait(Math.max(0, pauseMs - (opened ?? pauseMs)));
  cluster.keycloak.resume();
  const closed = await when(cluster, (state) => state === 'closed', 60_000);
  over.abort();
  await Promise.all(load);
  await client.close();
  const failures = [...statuses].filter(([status]) => status >= 500 || status === 0).map(([, n]) => n);
  const failed = failures.reduce((a, b) => a + b, 0);
  return [
    {
      name: `Keycloak hangs for ${pauseMs / 1000} s: no cached read fails`,
      ok: failed === 0 && (statuses.get(200) ?? 0) > 0,
      figure: [...statuses].map(([status, n]) => `${n} × ${status}`).join(', '),
    },
    {
      name: `the breaker of every replica is open within ${OPENS_MS / 1000} s`,
      ok: opened !== undefined && opened <= OPENS_MS,
      figure: seconds(opened),
    },
    {
      name: `and closed within ${CLOSES_MS / 1000} s after`,
      ok: closed !== undefined && closed <= CLOSES_MS,
      figure: seconds(closed),
    },
  ];
}

async function warm(client: KeyClient, replica: Replica, person: Person): Promise<void> {
  const { status } = await client.list(replica, person, false);
  if (status !== 200) throw new Error(`${replica.name} answered ${status} before Keycloak was paused`);
}

/** @returns how long it took until every replica's breaker was seen so, in milliseconds. */
async function when(cluster: Cluster, wanted: (state: string) => boolean, withinMs: number) {
  const start = performance.now();
  const waiting = new Set(cluster.replicas);
  while (performance.now() - start < withinMs) {
    for (const replica of waiting) {
      const state = await breakerState(replica);
      if (state !== undefined && wanted(state)) waiting.delete(replica);
    }
    if (waiting.size === 0) return performance.now() - start;
    await wait(50);
  }
  return undefined;
}

const seconds = (ms: number | undefined): string => (ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`);
