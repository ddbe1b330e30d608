import { randomBytes } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createAuditChain } from '../../src/audit/audit-chain.ts';
import { auditFields } from '../../src/audit/audit-fields.ts';
import { createPostgresAuditLog } from '../../src/audit/postgres-audit-log.ts';
import { appendAuditRows, lockAuditChain, lockAuditUpkeep } from '../../src/audit/postgres-audit-rows.ts';
import { createPostgresAuditTrail } from '../../src/audit/postgres-audit-trail.ts';
import { erasePerson } from '../../src/audit/upkeep/postgres-audit-erasure.ts';
import { pruneAudit } from '../../src/audit/upkeep/postgres-audit-prune.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import type { Schema } from '../../src/database/database-schema.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { anEvent } from '../support/memory/audit-rows.ts';
import { describeUnverified } from './audit-unverified-contract.ts';

describeUnverified('PostgreSQL', async () => {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  return { database: await openDatabase({ databaseUrl: url, dataDir: '/nowhere' }), close: drop };
});

describe('what happens between the verification of rows and what is done with them', () => {
  const chain = createAuditChain([randomBytes(32)]);
  let url: string;
  let database: Database;
  beforeEach(async () => {
    const temporary = await temporaryDatabase(inject('postgresUrl'));
    url = temporary.url;
    database = await openDatabase({ databaseUrl: url, dataDir: '/nowhere' });
    onTestFinished(async () => {
      await database.close();
      await temporary.drop();
    });
    const log = createPostgresAuditLog({ db: database.db, chain });
    for (const subject of ['ada', 'bob', 'ada'])
      await log.append(anEvent({ subject, actor: { kind: 'user', id: subject } }));
    await log.close();
  });
  const verify = () => createPostgresAuditTrail(database.db, chain).verify([]);
  const rows = () => createPostgresAuditTrail(database.db, chain).page({}, 100);
  const actor = { kind: 'operator', id: 'byok audit prune' } as const;

  const erase = (userId: string) => erasePerson(database.db, chain, userId);

  /** Begins while somebody has the turn at erasing, so that it has read the log and waits; then `meanwhile` happens. */
  async function interrupted<T>(work: () => Promise<T>, meanwhile: (holder: Transaction<Schema>) => Promise<unknown>) {
    let working: Promise<T> | undefined;
    await database.db.transaction().execute(async (holder) => {
      await lockAuditUpkeep(holder);
      working = work();
      working.catch(() => undefined);
      const waiting = sql`select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
      // Asked outside: within a transaction the first answer stays.
      await expect
        .poll(async () => (await waiting.execute(database.db)).rows.length, { timeout: 30_000 })
        .toBeGreaterThan(0);
      await meanwhile(holder);
    });
    return await working;
  }

  it.each([
    ["subject = 'ada' where seq = 2", 'row 2 was'],
    ["subject = 'eve', actor_user = 'eve' where seq = 3", 'row 3 was'],
    ["mac = mac || 'x' where seq = 2", 'row 2 was'],
  ])('an erasure erases nothing where somebody sets %s', async (editing, words) => {
    const edit = sql.raw(`update audit_log set ${editing}`);
    await expect(
      interrupted(
        () => erase('ada'),
        (holder) => edit.execute(holder),
      ),
    ).rejects.toThrow(words);
    expect((await rows()).map(({ seq }) => seq)).toEqual([3, 2, 1]);
  });

  it('an erasure takes the rows too that the service has written since', async () => {
    const news = [{ fields: auditFields(anEvent({ subject: 'ada' })), at: new Date() }];
    const erased = await interrupted(
      () => erase('ada'),
      async (holder) => {
        await lockAuditChain(holder);
        await appendAuditRows(holder, chain, news);
      },
    );
    expect(erased).toBe(3);
    expect(JSON.stringify(await rows())).not.toContain('"ada"');
    expect(await verify()).toMatchObject({ firstBad: undefined });
  });

  it('two erasures and a prune at the same time all end as they should', async () => {
    const cutoff = new Date(Date.now() + 1);
    const prune = () => pruneAudit(database.db, chain, { cutoff, actor });
    const [ada, bob, pruned] =
      (await interrupted(
        () => Promise.all([erase('ada'), erase('bob'), prune()]),
        async () => undefined,
      )) ?? [];
    // Who comes after the prune finds no row any more.
    expect([0, 2]).toContain(ada);
    expect([0, 1]).toContain(bob);
    expect(pruned).toBe(3);
    expect(JSON.stringify(await rows())).not.toMatch(/"(?:ada|bob)"/);
    expect(await verify()).toMatchObject({ firstBad: undefined });
  });
});
