// What services report of the use of keys, event by event, on the embedded default.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/service/api-client.ts';
import { STARTER, startInternalService } from '../support/service/internal-service.ts';
import { expectProblem } from '../support/service/problem.ts';
import type { RunningService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

describe('a usage event', () => {
  let service: RunningService;
  let all: ApiClient;
  beforeAll(async () => {
    ({ service, all } = await startInternalService());
  });
  afterAll(() => service?.stop());

  const event = (more: object = {}) => ({
    user: STARTER,
    provider: 'openai',
    tokens_used: 12,
    cost_usd: '0.000000000000000001',
    ...more,
  });
  const send = (events: object[], key?: string) =>
    all.send('POST', '/usage', { json: { events }, headers: key === undefined ? {} : { 'idempotency-key': key } });
  const rows = () => service.core.database.db.selectFrom('usage_events').selectAll().execute();

  it('is recorded in batches, once however often a batch or an event is sent, and exactly', async () => {
    const before = (await rows()).length;
    const events = [event({ id: 'a' }), event({ cost_usd: 0.1 }), event({ id: 'a' })];
    const first = await send(events, 'batch-1');
    expect(first.body).toMatchObject({ recorded: 2, duplicates: 1, rejected: 0 });
    const repeats = await Promise.all(Array.from({ length: 10 }, () => send(events, 'batch-1')));
    for (const repeat of repeats) expect(repeat.body).toEqual(first.body);
    expect((await send([event({ id: 'a' })])).body).toMatchObject({ recorded: 0, duplicates: 1 });
    const stored = (await rows()).slice(before);
    expect(stored.map((row) => row.cost_usd).sort()).toEqual(['0.000000000000000001', '0.1']);
    expectProblem(await send([event()], 'batch-1'), 422, 'validation_failed');
  });

  it('says of each event that cannot be recorded why', async () => {
    const unknown = { email: 'nobody@example.com' };
    const reply = await send([event({ id: 'b' }), event({ user: unknown }), event({ provider: 'nope' })]);
    expect(reply.body).toEqual({
      recorded: 1,
      duplicates: 0,
      rejected: 2,
      results: [
        { id: 'b', status: 'recorded', reason: null },
        { id: null, status: 'rejected', reason: 'user_not_found' },
        { id: null, status: 'rejected', reason: 'invalid_provider' },
      ],
    });
    const limited = service.serviceClient(await newServiceTokenFor(service, { providers: ['groq'] }));
    expect((await limited.post('/usage', { events: [event()] })).body).toMatchObject({
      results: [{ reason: 'scope_required' }],
    });
  });

  it('comes 500 events at a time', async () => {
    const many = Array.from({ length: 500 }, (_, index) => event({ id: `many-${index}`.padEnd(60, '-') }));
    expect((await send(many)).body).toMatchObject({ recorded: 500 });
    expectProblem(await send([...many, event()]), 422, 'validation_failed');
    expectProblem(await send([]), 422, 'validation_failed');
    const large = await send([event({ id: 'x'.repeat(600_000) })]);
    expectProblem(large, 413, 'body_too_large');
    expect(large.detail).toBe('The batch is too large; 512 KiB is the limit.');
  });

  it.each([
    [{ tokens_used: -1 }, 'invalid_tokens'],
    [{ tokens_used: 1.5 }, 'invalid_tokens'],
    [{ tokens_used: '12' }, 'invalid_tokens'],
    [{ cost_usd: '-1' }, 'invalid_cost'],
    [{ cost_usd: -0.1 }, 'invalid_cost'],
    [{ cost_usd: '+1' }, 'invalid_cost'],
    [{ cost_usd: '1e9' }, 'invalid_cost'],
    [{ cost_usd: 'NaN' }, 'invalid_cost'],
    [{ cost_usd: '0x1' }, 'invalid_cost'],
    [{ cost_usd: '1'.repeat(2000) }, 'invalid_cost'],
    [{ cost_usd: null }, 'invalid_cost'],
    [{ occurred_at: 'yesterday' }, 'invalid_time'],
    [{ user: {} }, 'invalid_user'],
    [{ user: { email: 'nobody' } }, 'invalid_user'],
    [{ provider: 7 }, 'invalid_provider'],
    [{ id: 'a b' }, 'invalid_id'],
    [{ id: 7, cost_usd: 'x' }, 'invalid_id'],
  ])('is rejected with %j for %s, and the others of the batch are recorded', async (more, reason) => {
    const reply = await send([event(), event({ id: 'bad', ...more }), event()]);
    const id = Object.hasOwn(more, 'id') ? null : 'bad';
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ recorded: 2, rejected: 1 });
    expect((reply.body as { results: unknown[] }).results[1]).toEqual({ id, status: 'rejected', reason });
  });

  it.each([null, 7, 'event', [], [event()]])('is rejected where an event is %j', async (bad) => {
    const reply = await all.post('/usage', { events: [bad, event()] });
    expect(reply.body).toMatchObject({ recorded: 1, rejected: 1, results: [{ id: null }, { status: 'recorded' }] });
  });

  it('refuses what is no batch', async () => {
    for (const body of [[], {}, { events: {} }, { events: null }, { events: 'x' }])
      expectProblem(await all.post('/usage', body), 422, 'validation_failed');
  });

  it('costs what was written, in every form of JSON, to the last digit', async () => {
    const written: [json: string, stored: string][] = [
      ['"7.5e-05"', '0.000075'],
      ['7.5e-05', '0.000075'],
      ['"0E-10"', '0'],
      ['0E-10', '0'],
      ['1E2', '100'],
      ['"1e+2"', '100'],
      ['-0.0', '0'],
      ['999999999.999999999999999999', '999999999.999999999999999999'],
      ['0.12345678901234567890123456789', '0.12345678901234567890123456789'],
      ['"2.2500000000000002e-06"', '0.0000022500000000000002'],
      ['5e-324', `0.${'0'.repeat(323)}5`],
      ['"12.50"', '12.5'],
    ];
    const before = (await rows()).length;
    const events = written.map(([json], index) =>
      JSON.stringify(event({ id: `written-${index}`, cost_usd: 0 })).replace('"cost_usd":0', `"cost_usd":${json}`),
    );
    const reply = await all.send('POST', '/usage', {
      body: `{"events": [${events.join(',')}]}`,
      headers: { 'content-type': 'application/json' },
    });
    expect(reply.body).toMatchObject({ recorded: written.length, rejected: 0 });
    const stored = (await rows()).slice(before);
    const costs = new Map(stored.map((row) => [row.event_id, row.cost_usd]));
    expect(written.map((_, index) => costs.get(`written-${index}`))).toEqual(written.map(([, cost]) => cost));
  });

  it('is never booked to somebody whose address another spelling would become', async () => {
    await service.core.database.db
      .insertInto('embedded_users')
      .values({ id: 'kate', username: 'kate', email: 'kate@example.com', email_verified: true })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const kelvin = event({ user: { email: '\u212Aate@example.com' } });
    const kate = event({ user: { email: 'KATE@example.com' } });
    for (const events of [
      [kelvin, kate],
      [kate, kelvin],
    ]) {
      const { results } = (await send(events)).body as { results: { reason: string | null }[] };
      expect(results.map(({ reason }) => reason)).toEqual(
        events.map((one) => (one === kate ? null : 'user_not_found')),
      );
    }
  });

  it('is rejected for an address that nobody has verified, and so is everything else that names it', async () => {
    await service.core.database.db
      .insertInto('embedded_users')
      .values({ id: 'mallory', username: 'mallory', email: 'mallory@example.com', email_verified: false })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const user = { email: 'mallory@example.com' };
    expect((await send([event({ user }), event()])).body).toMatchObject({
      results: [{ status: 'rejected', reason: 'email_unverified' }, { status: 'recorded' }],
    });
    expect((await send([event({ user: { id: 'mallory' } })])).body).toMatchObject({ recorded: 1 });
    for (const path of ['increment', 'reset'])
      expectProblem(await all.post(`/users/mallory%40example.com/usage/${path}`), 403, 'email_unverified');
    expectProblem(await all.get('/users/mallory%40example.com/tier'), 403, 'email_unverified');
    const tier = { json: { tier: 'enterprise' } };
    expectProblem(await all.send('PUT', '/users/mallory%40example.com/tier', tier), 403, 'email_unverified');
    expectProblem(await all.post('/keys/resolve', { user, provider: 'openai' }), 404, 'key_not_released');
  });
});
