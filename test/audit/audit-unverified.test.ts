import { openDatabase } from '../../src/database/database.ts';
import { ownedDataFolder } from '../support/database/data-folder.ts';
import { describeUnverified } from './audit-unverified-contract.ts';

describeUnverified('the embedded database', async () => {
  const folder = await ownedDataFolder();
  const database = await openDatabase({ databaseUrl: undefined, dataDir: folder.path });
  return { database, close: async () => folder.remove() };
});
