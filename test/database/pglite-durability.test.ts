import { randomInt } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../src/database/database.ts';
import { dataFolder } from '../support/database/data-folder.ts';
import { startScript } from '../support/programs/child-process.ts';
import { sized } from '../support/proof.ts';

const WRITER = new URL('../support/database/database-child.ts', import.meta.url);
const ROUNDS = sized({ sample: 2, proof: 25 });

it('keeps every acknowledged write of the embedded database through kill -9 at random moments', async () => {
  const folder = await dataFolder();
  const acknowledged: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const writer = startScript(WRITER, folder, 'write', `round-${round}`);
    onTestFinished(async () => {
      await writer.kill();
    });
    expect(await writer.nextLine(), writer.stderr()).toBe('pglite');
    for (let count = randomInt(1, 80); count > 0; count--) acknowledged.push(await writer.nextLine());
    acknowledged.push(...(await writer.kill()));
  }
  const { db, close } = await openDatabase({ databaseUrl: undefined, dataDir: folder });
  onTestFinished(close);
  const rows = await db.selectFrom('embedded_users').select(['id', 'attributes']).execute();
  const stored = new Map(rows.map((row) => [row.id, row.attributes.seen]));
  expect(acknowledged.filter((id) => stored.get(id)?.[0] !== 'yes')).toEqual([]);
  // At most one write a round was on its way when its process was killed.
  expect(rows.length - acknowledged.length).toBeLessThanOrEqual(ROUNDS);
}, 300_000);
