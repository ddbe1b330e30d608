import { inject } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { describeUserDirectory } from '../domain/user-directory-contract.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';
import { directoryOn } from './postgres-user-directory-under-test.ts';

describeUserDirectory('the table of users on PostgreSQL', async () => {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  const database = await openDatabase({ databaseUrl: url, dataDir: '/nowhere' });
  return directoryOn(database, async () => {
    await database.close();
    await drop();
  });
});
