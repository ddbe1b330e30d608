// The audit log of a running service on PostgreSQL: what keeps others waiting does not keep releases waiting.
import { sql } from 'kysely';
import { expect, inject, it, onTestFinished } from 'vitest';
import { composeAudit } from '../../src/audit/compose-audit.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { anEvent } from '../support/memory/audit-rows.ts';
import { startService } from '../support/service/running-service.ts';

const SLOW_SEARCHES = 20;

it('a row is written while slow searches hold every connection that searches have', async () => {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  onTestFinished(drop);
  const service = await startService({ DATABASE_URL: url, ENCRYPTION_KEY: `${'B'.repeat(42)}A=` });
  onTestFinished(() => service.stop());
  const { core, config, telemetry } = service;
  const audit = composeAudit(config, core, service.app.log as never, telemetry.metrics);
  onTestFinished(() => audit.close());

  const { db, appends, asOwner } = core.database;
  const lock = sql`select pg_advisory_xact_lock(1, 1)`;
  let searches: Promise<PromiseSettledResult<unknown>[]> | undefined;
  await asOwner((owner) =>
    owner.transaction().execute(async (holder) => {
      await lock.execute(holder);
      searches = Promise.allSettled(Array.from({ length: SLOW_SEARCHES }, () => lock.execute(db)));
      const waiting = sql<{ count: number }>`select count(*)::integer as count from pg_stat_activity
        where wait_event = 'advisory' and datname = current_database()`;
      const count = async () => (await waiting.execute(appends)).rows[0]?.count;
      await expect.poll(count, { timeout: 5_000 }).toBe(10);
      await expect(audit.log.append(anEvent())).resolves.toBeUndefined();
    }),
  );
  expect((await searches)?.map(({ status }) => status)).toContain('fulfilled');
});
