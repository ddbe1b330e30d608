import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { freePort } from '../support/servers/server-process.ts';
import { API } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { type RunningService, startService } from '../support/service/running-service.ts';

/** No other test counts in this database. */
const DATABASE = 7;

describe('rate limits in Redis', () => {
  let redis: Redis;
  let first: KeycloakService;
  let second: RunningService;
  let person: Person;
  let token: string;
  beforeAll(async () => {
    redis = new Redis(`${inject('redisUrl')}/${DATABASE}`);
    const env = { RATE_LIMIT_PER_MINUTE: '4', RATE_LIMIT_WRITE_PER_MINUTE: '2', RATE_LIMIT_ADDRESS_PER_MINUTE: '12' };
    first = await startKeycloakService({ redisDatabase: DATABASE, env });
    second = await startService({ ...first.env, PORT: String(await freePort()) });
    person = await first.newPerson();
    token = await first.accessToken(person);
  });
  beforeEach(async () => {
    await redis.flushdb();
  });
  afterAll(async () => {
    await second?.stop();
    await first?.stop();
    redis?.disconnect();
  });

  const inTurns = async (
    count: number,
    ask: (service: RunningService) => Promise<{ status: number }>,
  ): Promise<number[]> => {
    const statuses: number[] = [];
    for (let n = 0; n < count; n++) statuses.push((await ask(n % 2 === 0 ? first : second)).status);
    return statuses;
  };

  it('count one person over two replicas, and another one apart', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const ask = (service: RunningService) => service.client(headers).get(`${API}/keys`);
    expect(await inTurns(6, ask)).toEqual([200, 200, 200, 200, 429, 429]);
    expectProblem(await ask(second), 429, 'rate_limited');
    const other = { authorization: `Bearer ${await first.accessToken(await first.newPerson())}` };
    expect((await second.client(other).get(`${API}/keys`)).status).toBe(200);
  });

  it('count adds over two replicas', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const add = (service: RunningService) =>
      service.client(headers).post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' });
    expect(await inTurns(3, add)).toEqual([200, 200, 429]);
  });

  it('count one address over two replicas, whatever it says of itself', async () => {
    const ask = (service: RunningService) =>
      service.client({ 'x-forwarded-for': `203.0.113.${Math.floor(Math.random() * 250)}` }).get('/openapi.json');
    expect(await inTurns(14, ask)).toEqual([...Array(12).fill(200), 429, 429]);
  });
});
