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

  it('count for half a minute more, and not for years, where the clock was wrong when they were killed', async () => {
    const years = new Date(Date.now() + 90_000 * 3_600_000);
    const soon = new Date(Date.now() + 20_000);
    await database.db
      .insertInto('replicas')
      .values([
        { id: 'in years', seen_at: years },
        { id: 'soon', seen_at: soon },
      ])
      .execute();
    const { seen } = await start();
    expect(seen).toEqual([3]);
    const rows = await database.db.selectFrom('replicas').select(['id', 'seen_at']).orderBy('id').execute();
    const timeOf = (id: string) => rows.find((row) => row.id === id)?.seen_at.getTime() ?? 0;
    expect(timeOf('soon')).toBe(soon.getTime());
    expect(timeOf('in years')).toBeLessThan(Date.now() + 1_000);
    await database.db.deleteFrom('replicas').where('id', 'in', ['in years', 'soon']).execute();
  });
});
