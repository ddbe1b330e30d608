import { openDatabase } from '../../src/database/database.ts';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { describeKeyUses } from './key-uses-contract.ts';

describeKeyUses('the embedded database', async () => {
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
