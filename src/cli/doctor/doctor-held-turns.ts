// Doctor: accounts that nobody can change, because a replica that does not go on holds the turn at writing them.
import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../database/database.ts';
import { type HeldTurn, heldTurns } from '../../users/postgres-user-lock.ts';
import { fail, type Result, warn } from './doctor-findings.ts';

/** No change lasts longer. */
const SILENT_MS = 60_000;
/** Where it cannot be seen since when a turn is held: it is of note if it still is after this time. */
const AGAIN_MS = 3_000;

interface Limits {
  readonly silentMs?: number;
  readonly againMs?: number;
}

export async function* checkHeldTurns(
  { db, kind }: Pick<Database, 'db' | 'kind'>,
  { silentMs = SILENT_MS, againMs = AGAIN_MS }: Limits = {},
): AsyncGenerator<Result> {
  // The embedded database is for one process, which has its turns in memory.
  if (kind !== 'postgres') return;
  const held = await heldTurns(db, { silentMs });
  for (const turn of held.filter(({ silentSince }) => silentSince !== null)) yield fail(named(turn));
  const unseen = held.filter(({ silentSince }) => silentSince === null);
  if (unseen.length === 0) return;
  await wait(againMs);
  const later = await heldTurns(db, { silentMs });
  for (const turn of unseen.filter((one) => later.some(({ pid, key }) => pid === one.pid && key === one.key)))
    yield warn(unnamed(turn));
}

const BLOCKED = 'changes of one account wait, because its turn is held by a session of PostgreSQL';

const whatToDo = (pid: number): string =>
  `Resume or stop the replica that it belongs to, or end the session with \`select pg_terminate_backend(${pid})\`.`;

function named({ pid, application, client, silentSince, silentSeconds }: HeldTurn): string {
  const from = client ?? "a socket of the server's machine";
  const since = `${silentSince?.toISOString()} (${Math.floor((silentSeconds ?? 0) / 60)} min)`;
  return `${BLOCKED} that has done nothing since ${since}: pid ${pid}, from ${from}, application ${printable(application)}. ${whatToDo(pid)}`;
}

const unnamed = ({ pid, application }: HeldTurn): string =>
  `${BLOCKED}: pid ${pid}, application ${printable(application)}. Since when and from where, the role in DATABASE_URL may not see: look at pg_stat_activity as a role with pg_read_all_stats. If it is more than a minute: ${lower(whatToDo(pid))}`;

const lower = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

/** A session calls itself what it likes. */
const printable = (text: string): string =>
  text === '' ? 'without a name' : text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
