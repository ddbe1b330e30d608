import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAuditChain } from '../../src/audit/audit-chain.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { countReplicas } from '../../src/replicas/postgres-replica-keys.ts';
import { createPostgresReplicas, type Replicas } from '../../src/replicas/postgres-replicas.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';

const KEY = Buffer.alloc(32, 1);

describe('replicas that share a database', () => {
  let database: Database;
  let drop: () => Promise<void>;
  const started: Replicas[] = [];
  beforeAll(async () => {
    const temporary = await temporaryDatabase(inject('postgresUrl'));
    drop = temporary.drop;
    database = await openDatabase({ databaseUrl: temporary.url, dataDir: '' });
  });
  afterEach(async () => {
    for (const replica of started.splice(0)) await replica.close();
  });
  afterAll(async () => {
    await database?.close();
    await drop?.();
  });
  const start = async () => {
    const seen: number[] = [];
    const replica = createPostgresReplicas({
      db: database.db,
      chain: createAuditChain([KEY]),
      onOthers: (count) => seen.push(count),
      onKeyChange: () => undefined,
      onMissingKeys: () => undefined,
      onInTouch: () => undefined,
      onFlaw: () => undefined,
    });
    started.push(replica);
    await replica.start();
    return { replica, seen };
  };

  it('are counted while they run, and the one that comes later is told of the others', async () => {
    const first = await start();
    expect([await countReplicas(database.db), first.seen]).toEqual([1, []]);
    const second = await start();
    expect([await countReplicas(database.db), second.seen]).toEqual([2, [2]]);
    await second.replica.close();
    expect(await countReplicas(database.db)).toBe(1);
  });

  it('are not counted any more when they have been silent, and then forgotten', async () => {
    const old = new Date(Date.now() - 31_000);
    await database.db
      .insertInto('replicas')
      .values([
        { id: 'killed', seen_at: old },
        { id: 'killed long ago', seen_at: new Date(Date.now() - 2 * 3600_000) },
      ])
      .execute();
    expect(await countReplicas(database.db)).toBe(0);
    const { seen } = await start();
    expect(seen).toEqual([]);
    const rows = await database.db.selectFrom('replicas').select('id').execute();
    expect(rows.map(({ id }) => id)).not.toContain('killed long ago');
  });

  it('are forgotten where the clock was wrong when they were killed: nothing waits for them for years', async () => {
    const hours = (count: number) => new Date(Date.now() + count * 3_600_000);
    await database.db
      .insertInto('replicas')
      .values([
        { id: 'in years', seen_at: hours(90_000) },
        { id: 'in two hours', seen_at: hours(2) },
        { id: 'in half an hour', seen_at: hours(0.5) },
      ])
      .execute();
    const { seen } = await start();
    expect(seen).toEqual([2]);
    const rows = await database.db.selectFrom('replicas').select('id').where('id', 'like', 'in %').execute();
    expect(rows).toEqual([{ id: 'in half an hour' }]);
  });
});
