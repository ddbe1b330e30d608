// A process that uses an embedded database and says on standard output, a line each, what it has done:
// its kind of database, then the names of the users that it has stored, or `held` within a transaction.
import { setTimeout as wait } from 'node:timers/promises';
import { openDatabase } from '../../../src/database/database.ts';

const [folder = '', task = '', prefix = ''] = process.argv.slice(2);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const { db, kind } = await openDatabase({ databaseUrl: undefined, dataDir: folder, attach: task === 'hold' });
const user = (id: string) => ({ id, username: id });
say(kind);

if (task === 'write') {
  for (let count = 0; ; count++) {
    const id = `${prefix}-${count}`;
    await db.insertInto('embedded_users').values(user(id)).execute();
    await db.updateTable('embedded_users').set({ attributes: '{"seen":["yes"]}' }).where('id', '=', id).execute();
    say(id);
  }
}
if (task === 'hold') {
  await db.transaction().execute(async (transaction) => {
    await transaction.insertInto('embedded_users').values(user(prefix)).execute();
    say('held');
    await wait(600_000);
  });
}
await wait(600_000);
