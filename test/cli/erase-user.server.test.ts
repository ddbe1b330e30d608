// Erasing a person: afterwards their id is nowhere but where the list of places says so, and their sessions have ended.

import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Core } from '../../src/app/core.ts';
import { ERASED } from '../../src/erasure/person-places.ts';
import { assertKnownPerson } from '../../src/erasure/postgres-known-person.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { runProgram } from '../support/programs/run-program.ts';
import type { ApiClient } from '../support/service/api-client.ts';
import { API } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

type Env = Readonly<Record<string, string>>;
const KEY = 'sk-0123456789abcdefghij';

/** Leaves a trace of the person in every table. @returns their id. */
async function leaveTraces({ database }: Core, client: ApiClient): Promise<string> {
  const { id } = (await client.get('/auth/me')).body as { id: string };
  expect((await client.post(`${API}/keys/add`, { provider: 'openai', key: KEY })).status).toBe(200);
  const { db } = database;
  const now = new Date();
  await db
    .insertInto('usage_counters')
    .values({ user_id: id, day: '2026-11-30', used: 3, mirrored_on: null })
    .execute();
  await db
    .insertInto('usage_events')
    .values({
      service: 's',
      event_id: `e-${randomUUID()}`,
      user_id: id,
      provider: 'openai',
      tokens_used: 5,
      cost_usd: '0.1',
      occurred_at: now,
    })
    .execute();
  await sql`insert into write_intents (id, user_id, deadline) values (${randomUUID()}, ${id}, now() - interval '1 day')`.execute(
    db,
  );
  return id;
}

/** Tables in which the text is, in any column. */
async function tablesWith({ database: { db } }: Core, text: string): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(
    db,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ hits: number }>`
      select count(*) as hits from ${sql.table(name)} as one where strpos(one::text, ${text}) > 0`.execute(db);
    if ((rows[0]?.hits ?? 0) > 0) found.push(name);
  }
  return found.sort();
}

const TRACES = ['audit_log', 'embedded_users', 'key_projection', 'usage_counters', 'usage_events', 'write_intents'];
/** The demo users are made up and stay; who was erased is known for ten minutes, to those who have to hear of it. */
const LEFT = ['embedded_users', 'person_erasures'];

describe.each(['with PostgreSQL and Redis', 'embedded, in memory'])('byok erase-user, %s', (where) => {
  let env: Env = {};
  let service: RunningService;
  let drop = async (): Promise<void> => undefined;
  const redisUrl = (): string => `${inject('redisUrl')}/9`;
  beforeAll(async () => {
    if (where.startsWith('with')) {
      const temporary = await temporaryDatabase(inject('postgresUrl'));
      drop = temporary.drop;
      env = { DATABASE_URL: temporary.url, REDIS_URL: redisUrl() };
    }
    service = await startService(env);
  });
  afterAll(async () => {
    await service?.stop();
    await drop();
  });
  const byok = (...args: string[]) =>
    runProgram(process.execPath, ['src/cli.ts', ...args], {
      folder: process.cwd(),
      env: { ...env, BYOK_DATA_DIR: service.config.dataDir, ENCRYPTION_KEY: service.env.ENCRYPTION_KEY ?? '' },
    });

  it('ends sessions at once, removes keys, and leaves the person nowhere else; a second run changes nothing', async () => {
    const client = await demoClient(service);
    const id = await leaveTraces(service.core, client);
    expect((await tablesWith(service.core, id)).filter((table) => table !== 'person_erasures')).toEqual(TRACES);

    const { status, output, errors } = await byok('erase-user', '--user', id);
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output).toContain('1 keys removed.');
    expect(output).toContain('2 rows of usage name them no more');
    expect(await tablesWith(service.core, id)).toEqual(LEFT);
    const events = await service.core.database.db.selectFrom('usage_events').select(['user_id', 'cost_usd']).execute();
    expect(events).toEqual([{ user_id: ERASED, cost_usd: '0.1' }]);
    await expect.poll(async () => (await client.get('/auth/me')).status).toBe(401);
    if (where.startsWith('with')) {
      const redis = new Redis(redisUrl());
      expect((await redis.keys('byok:*session*')).filter((key) => key.includes(id))).toEqual([]);
      redis.disconnect();
    }
    const audit = await byok('audit', 'verify');
    expect(audit).toMatchObject({ status: 0 });

    const again = await byok('erase-user', '--user', id);
    expect(again.output).toContain('0 keys removed.\n0 rows name the person no more.');
    expect((await byok('audit', 'verify')).output).toBe(audit.output);
  });

  it.each([
    ['an address', 'kate@example.com'],
    ['a made-up id', randomUUID()],
    ['an id in capitals', '09DFF9FF-B372-4377-AC9C-FE4C9D6F03CA'],
    ['a space', ' '],
    ['what Keycloak cannot look up', 'f:'],
    ['a very long text', 'x'.repeat(10_000)],
  ])('nobody is erased by %s', async (_, user) => {
    const marks = () => sql`select user_id from person_erasures`.execute(service.core.database.db);
    const before = (await marks()).rows;
    const said = await assertKnownPerson(user, service.core).then(() => 'erased', String);
    expect(said).toMatch(/(?:is an address|Nothing here is known by the id).* Give the person’s Keycloak id/);
    if (user.includes('@')) expect(await byok('erase-user', '--user', user)).toMatchObject({ status: 1, output: '' });
    expect((await marks()).rows).toEqual(before);
  });

  it('audit erase leaves the keys and nothing else', async () => {
    const client = await demoClient(service, 'professional');
    const id = await leaveTraces(service.core, client);
    expect((await byok('audit', 'erase', '--user', '')).errors).toContain('Nothing here is known by the id ""');
    expect((await byok('audit', 'erase', '--user', id)).status).toBe(0);
    expect(await tablesWith(service.core, id)).toEqual(LEFT);
    await expect.poll(async () => (await client.get('/auth/me')).status).toBe(401);
    const back = await demoClient(service, 'professional');

    expect(JSON.stringify((await back.get(`${API}/keys`)).body)).toContain('openai');
  });
});
