import { inject } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { describeRefusedClients } from './refused-clients-contract.ts';

describeRefusedClients('PostgreSQL', async () => {
  const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
  const database = await openDatabase({ databaseUrl: url, dataDir: '/nowhere' });
  return {
    database,
    close: async () => {
      await database.close();
      await drop();
    },
  };
});
