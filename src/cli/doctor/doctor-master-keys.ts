// Doctor: whether the encryption keys of this command, of the running replicas and of the audit log fit together.
import { createAuditChain } from '../../audit/audit-chain.ts';
import { learnKeyLedger } from '../../audit/master-keys/postgres-key-ledger.ts';
import { checkMasterKeys, createMasterKeys, type MasterKeys } from '../../crypto/master-keys.ts';
import type { Database } from '../../database/database.ts';
import { type LiveReplica, liveReplicas } from '../../replicas/postgres-replica-keys.ts';
import { fail, ok, problemOf, type Result, warn } from './doctor-findings.ts';

/** @param keys the list of this command's ENCRYPTION_KEY. */
export async function* checkMasterKeyLists(
  { db }: Pick<Database, 'db'>,
  keys: readonly Buffer[],
): AsyncGenerator<Result> {
  const masterKeys = createMasterKeys(keys);
  await learnKeyLedger(db, createAuditChain(masterKeys));
  try {
    checkMasterKeys(masterKeys);
  } catch (error) {
    yield fail(problemOf(error));
  }
  const replicas = await liveReplicas(db);
  const lists = [...compareLists(replicas)];
  yield* lists;
  yield* compareWithOwn(replicas, masterKeys);
  yield* stateOfChange(masterKeys, lists.length > 0);
}

/** What each replica lacks that another one has, and whether they encrypt with the same key. */
function* compareLists(replicas: readonly LiveReplica[]): Generator<Result> {
  const all = new Set(replicas.flatMap(({ keyIds = [] }) => keyIds));
  let differs = false;
  for (const replica of replicas) {
    if (replica.keyIds === undefined) {
      yield warn(
        `${nameOf(replica)} is of an older version and does not say which encryption keys it has: update it before you change ENCRYPTION_KEY.`,
      );
      continue;
    }
    const lacking = [...all].filter((id) => replica.keyIds?.includes(id) !== true);
    if (lacking.length === 0) continue;
    differs = true;
    const owner = replicas.find(({ keyIds = [] }) => lacking.some((id) => keyIds.includes(id)));
    yield fail(
      `${nameOf(replica)} lacks the encryption key with the id ${lacking.join(', ')}, which ${owner === undefined ? 'another' : nameOf(owner)} has: add it to ENCRYPTION_KEY there, behind the one that is first, and restart it.`,
    );
  }
  const firsts = new Set(replicas.flatMap(({ keyIds = [] }) => keyIds.slice(0, 1)));
  if (!differs && firsts.size > 1)
    yield warn(
      `the replicas have the same encryption keys in different orders: ${replicas.map((one) => `${nameOf(one)} begins with ${one.keyIds?.[0] ?? '?'}`).join(', ')}. Put the new one first on all of them.`,
    );
  if (!differs && firsts.size === 1 && replicas.length > 1) yield ok('all replicas have the same encryption keys');
}

function* compareWithOwn(replicas: readonly LiveReplica[], { all }: MasterKeys): Generator<Result> {
  const here = new Set(all.map(({ id }) => id));
  const elsewhere = new Set(replicas.flatMap(({ keyIds = [] }) => keyIds));
  const lacking = [...elsewhere].filter((id) => !here.has(id));
  if (lacking.length > 0)
    yield fail(
      `ENCRYPTION_KEY here lacks the key with the id ${lacking.join(', ')}, which a running replica has: run doctor with the list of the replicas.`,
    );
}

function* stateOfChange({ all, active, ledger, isRetired }: MasterKeys, isUneven: boolean): Generator<Result> {
  const { counting } = ledger();
  const [first] = all;
  if (counting.length > 1)
    yield warn(
      `the change of ENCRYPTION_KEY from the key with the id ${counting[0]} to ${counting.at(-1)} has begun and is not finished: both count. Keep both in the list of every replica.`,
    );
  if (first !== undefined && counting.length > 0 && !counting.includes(first.id) && !isUneven && !isRetired(first.id))
    yield warn(
      `ENCRYPTION_KEY begins with a key that nothing is encrypted with yet (id ${first.id}); the one in use is ${active().id}. It takes over when the service starts with this list and every running replica has the key.`,
    );
  for (const { id } of all.slice(1).filter((key) => isRetired(key.id)))
    yield warn(
      `ENCRYPTION_KEY still lists a key that is out of use (id ${id}). Take it out; \`byok audit verify\` needs it for rows from its time.`,
    );
}

const nameOf = ({ host, startedAt }: LiveReplica): string =>
  `the replica on ${host ?? 'an unknown host'} (started ${startedAt.toISOString()})`;
