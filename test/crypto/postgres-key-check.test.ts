import { openDatabase } from '../../src/database/database.ts';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { describeKeyCheck } from './key-check-contract.ts';

describeKeyCheck('the embedded database', async () => {
  const folder = await ownedDataFolder();
  const database = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
  return {
    database,
    close: async () => {
      await database.close();
      folder.remove();
    },
  };
});
