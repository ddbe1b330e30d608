import { inject } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { directoryOn } from './postgres-user-directory-under-test.ts';
import { describeUserDirectory } from './user-directory-contract.ts';

describeUserDirectory('the table of users on PostgreSQL', async () => {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  const database = await openDatabase({ databaseUrl: url, dataDir: '/nowhere' });
  return directoryOn(database, async () => {
    await database.close();
    await drop();
  });
});
