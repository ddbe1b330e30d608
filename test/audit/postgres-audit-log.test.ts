import { expect, it, onTestFinished } from 'vitest';
import { createPostgresAuditLog } from '../../src/audit/postgres-audit-log.ts';
import { openDatabase } from '../../src/database/database.ts';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { anEvent, newChain } from '../support/memory/audit-rows.ts';
import { describeAuditLog } from './audit-log-contract.ts';

describeAuditLog('the embedded database', async () => {
  const folder = await ownedDataFolder();
  const database = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
  return { database, close: async () => folder.remove() };
});

it('an event that was refused for its time is not written later, neither the one under way nor those behind it', async () => {
  const folder = await ownedDataFolder();
  onTestFinished(folder.remove);
  await using database = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
  await using log = createPostgresAuditLog({ db: database.db, chain: newChain(), waitMs: 200 });
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const others = database.db.transaction().execute(() => held);
  const refused = await Promise.allSettled(['one', 'two', 'three'].map((id) => log.append(anEvent({ requestId: id }))));
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  letGo();
  await others;
  await log.append(anEvent({ requestId: 'later' }));
  const rows = await database.db.selectFrom('audit_log').select('request_id').execute();
  expect(rows).toEqual([{ request_id: 'later' }]);
});
