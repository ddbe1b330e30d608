// `byok erase-user`: takes a person out of everything that this service keeps.
import { Command } from 'commander';
import type { Core } from '../app/core.ts';
import { sendAuditAnchor } from '../audit/undici-audit-anchor.ts';
import { type Config, parseConfig } from '../config/config.ts';
import { databaseReason } from '../database/database-statements.ts';
import { assertKnownPerson } from '../erasure/postgres-known-person.ts';
import { type Erasure, eraseEverywhere } from '../erasure/postgres-person-erasure.ts';
import { createRedisConnection } from '../redis/redis-connection.ts';
import { createRedisSessionStore } from '../sessions/redis-session-store.ts';
import { textOf } from '../shared/live-text.ts';
import { openCommandCore } from './command-core.ts';
import { openWrites } from './command-writes.ts';

const HELP = `
Sessions end at once, also in running services. Keys and what is known of them go; of rows that others need (audit log, sums
of usage) only the person goes. The account itself is Keycloak's: delete it there, before or after. docs/storage.md lists
every place, and what stays where and why. Where it was cut off, run it again: it goes on.

Example:
  $ byok erase-user --user 7f1d0c7e-0e6b-4a8e-9d3e-3f0a4c0e5b11`;

export function eraseUserCommand(): Command {
  return new Command('erase-user')
    .description('Takes a person out of everything that this service keeps, keys included. Cannot be undone.')
    .requiredOption('--user <id>', 'Keycloak id of the person')
    .addHelpText('after', HELP)
    .action(async ({ user }: { user: string }) => {
      const config = parseConfig(process.env);
      await using core = await openCommandCore(config);
      await using writes = openWrites(config, core);
      const erasure = await eraseUser(config, core, user, { directory: core.directory, write: writes.write });
      console.log(`${erasure.keys} keys removed.`);
      reportErasure(erasure);
    });
}

/** @param keys undefined: they are left. @throws StartupProblem where nothing is known of the id. */
export async function eraseUser(
  config: Config,
  { database, directory, auditChain }: Core,
  userId: string,
  keys: Parameters<typeof eraseEverywhere>[1]['keys'],
): Promise<Erasure> {
  await assertKnownPerson(userId, { database, directory });
  await using redis = config.redisUrl === undefined ? undefined : createRedisConnection({ url: config.redisUrl });
  const sessions = redis && createRedisSessionStore({ redis: redis.client, ...config.session });
  const endSessions = async (id: string): Promise<number> => (await sessions?.endAll(id)) ?? 0;
  const erasure = await eraseEverywhere(userId, { database, auditChain, endSessions, keys });
  await sendAnchor(config, erasure);
  return erasure;
}

/** The erasure is done: what could not be sent is printed all the same. */
async function sendAnchor({ audit }: Config, { anchor }: Erasure): Promise<void> {
  if (audit.anchorUrl === undefined || anchor === undefined) return;
  await sendAuditAnchor(textOf(audit.anchorUrl), anchor).catch((error: unknown) =>
    console.error(`The anchor could not be sent to AUDIT_ANCHOR_URL: ${databaseReason(error)}`),
  );
}

export function reportErasure({ sessions, usage, auditRows, underWay, anchor }: Erasure): void {
  console.log(`${auditRows} rows name the person no more.`);
  console.log(`${usage} rows of usage name them no more; ${sessions} sessions ended.`);
  if (anchor !== undefined) console.log(`Anchor of the audit log: ${JSON.stringify(anchor)}`);
  console.log(
    'Backups made before still name the person. Note the id with your backups until those are gone: after a restore of one of them, erase it again.',
  );
  if (underWay === 0) return;
  console.error(`${underWay} changes of the account may be under way: run this again in three minutes.`);
  process.exitCode = 1;
}
