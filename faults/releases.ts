// PostgreSQL stops during releases: no key leaves without its row in the audit log.
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import type { Check } from './check.ts';
import type { Cluster, Person } from './cluster.ts';
import { createKeyClient } from './key-client.ts';
import { pick } from './pick.ts';

const CLIENTS = 16;
const STOPPED_MS = 3000;

export async function checkReleases(cluster: Cluster, people: readonly Person[], releases: number): Promise<Check[]> {
  const client = createKeyClient();
  for (const person of people) await client.add(pick(cluster.replicas), person, 'openai', 'released');
  await client.close();
  const token = await cluster.serviceToken();
  const released: string[] = [];
  const statuses = new Map<number, number>();
  let left = releases;
  const work = Array.from({ length: CLIENTS }, async () => {
    while (left > 0) {
      left -= 1;
      const { status, key, requestId } = await release(cluster, people, token);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (key) released.push(requestId);
      if (status !== 200) await wait(50);
    }
  });
  const stop = (async () => {
    while (left > releases * 0.7) await wait(5);
    await cluster.postgres.stop();
    await wait(STOPPED_MS);
    await cluster.postgres.restart();
  })();
  await Promise.all([...work, stop]);
  const rows = await releaseRows(cluster.databaseUrl);
  const without = released.filter((id) => !rows.has(id));
  const refused = releases - released.length;
  return [
    {
      name: `PostgreSQL stops during ${releases} releases: no key without its row`,
      ok: without.length === 0 && released.length > 0,
      figure: `${released.length} keys released, ${without.length} of them without a row`,
    },
    {
      name: 'releases stopped while it was away',
      ok: refused > 0 && [...statuses.keys()].every((status) => status === 200 || status === 503),
      figure: [...statuses].map(([status, n]) => `${n} × ${status}`).join(', '),
    },
  ];
}

async function release(cluster: Cluster, people: readonly Person[], token: string) {
  const answer = await fetch(`${pick(cluster.replicas).internalUrl}/api/v1/byok/internal/keys/resolve`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user: { email: pick(people).email }, provider: 'openai' }),
    signal: AbortSignal.timeout(30_000),
  });
  const { api_key: key } = (await answer.json()) as { api_key?: string };
  return { status: answer.status, key: key !== undefined, requestId: answer.headers.get('x-request-id') ?? '' };
}

/** @returns the request ids of the releases that were recorded. */
async function releaseRows(databaseUrl: string): Promise<Set<string>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ request_id: string }>(
      "select request_id from audit_log where action = 'key.release' and outcome = 'ok'",
    );
    return new Set(rows.map((row) => row.request_id));
  } finally {
    await client.end();
  }
}
