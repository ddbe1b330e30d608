import { inject } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { describeKeyChanges } from './key-changes-contract.ts';

describeKeyChanges('PostgreSQL', async () => {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  return { database: await openDatabase({ databaseUrl: url, dataDir: '' }), close: drop };
});
