// Replicas that run, and do not fit together.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest';
import { openCore } from '../../../src/app/core.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { temporaryDatabase } from '../../support/database/temporary-database.ts';
import { startService } from '../../support/service/running-service.ts';
import { type Env, findsPlanted } from './planted.ts';

const [KEY, NEW_KEY] = [randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString('base64url').concat('='));
let database: Awaited<ReturnType<typeof temporaryDatabase>>;
beforeAll(async () => {
  database = await temporaryDatabase(inject('postgresUrl'));
  await (await openCore(parseConfig(surroundings()), { create: true })).close();
});
afterAll(() => database?.drop());

const surroundings = (): Env => ({ DATABASE_URL: database.url, ENCRYPTION_KEY: KEY ?? '', BYOK_DATA_DIR: '/nowhere' });
/** One for each list of keys. */
async function running(...lists: string[]): Promise<undefined> {
  for (const ENCRYPTION_KEY of lists) {
    const service = await startService({ ...surroundings(), ENCRYPTION_KEY });
    onTestFinished(service.stop);
  }
  return undefined;
}

findsPlanted('replicas', { surroundings }, [
  {
    name: 'a replica whose list lacks a key of another one',
    plant: () => running(`${KEY}`, `${KEY},${NEW_KEY}`),
    names: 'ENCRYPTION_KEY',
    fix: /the replica on .* lacks the encryption key with the id [0-9a-f]{12}.*add it to ENCRYPTION_KEY there/,
  },
  {
    name: 'a list here that lacks a key of a replica',
    plant: () => running(`${KEY},${NEW_KEY}`),
    names: 'ENCRYPTION_KEY here',
    fix: /run doctor with the list of the replicas/,
  },
  {
    name: 'two replicas without Redis',
    plant: () => running(`${KEY}`, `${KEY}`),
    names: 'REDIS_URL',
    fix: /set REDIS_URL for all of them/,
  },
]);
