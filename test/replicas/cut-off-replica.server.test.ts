// A change of ENCRYPTION_KEY while one replica is cut off from PostgreSQL: it gives out no system key for a person's own.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, it, onTestFinished, vi } from 'vitest';
import { asSuperuser, temporaryDatabase } from '../support/database/temporary-database.ts';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { startTcpProxy, type TcpProxy } from '../support/programs/tcp-proxy.ts';
import { API, type ApiClient, type Reply } from '../support/service/api-client.ts';
import { startReplica } from '../support/service/replica.ts';
import type { RunningService } from '../support/service/running-service.ts';

const old = `${randomBytes(32).toString('base64url')}=`;
const NEW = `${randomBytes(32).toString('base64url')}=`;
/** For so long a replica counts as running after it was last seen. */
const ALIVE_MS = 30_000;
/** A replica looks around every ten seconds. */
const SOON = { timeout: 60_000, interval: 20 };

let cutOff: KeycloakService;
let other: RunningService;
let proxy: TcpProxy;
let database: Awaited<ReturnType<typeof temporaryDatabase>>;
beforeAll(async () => {
  database = await temporaryDatabase(inject('postgresUrl'));
  const url = new URL(database.url);
  proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.host = `127.0.0.1:${proxy.port}`;
  cutOff = await startKeycloakService({
    env: { BYOK_OPENAI_SYSTEM_KEY: 'sk-system-0123456789', ENCRYPTION_KEY: old, DATABASE_URL: url.href },
  });
}, 240_000);
afterAll(async () => {
  await other?.stop();
  await cutOff?.stop();
  await proxy?.close();
  await database?.drop();
});

const at = async (service: RunningService, person: { id: string }): Promise<ApiClient> => {
  const client = service.client();
  for (const [name, value] of (await cutOff.platformClient({ sub: person.id })).cookies)
    client.cookies.set(name, value);
  return client;
};
/** The half minute after which the others no longer wait for it, without waiting for it. */
const letItLapse = async (): Promise<void> => {
  const real = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => real() + ALIVE_MS);
  onTestFinished(() => void vi.restoreAllMocks());
  await asSuperuser(database.url, "update replicas set seen_at = now() - interval '31 seconds'");
};

it('answers 503 for a key that it cannot read, from before it is back until it has the key', async () => {
  const [person, damaged] = [await cutOff.newPerson(), await cutOff.newPerson({ byok_openai_key: ['gAAAAA'] })];
  const services = await cutOff.withRoles('byok-resolve');
  const resolve = (id: string) =>
    services.post('/keys/resolve', { user: { id }, provider: 'openai', system_fallback: true });
  const [list, damagedList] = [await at(cutOff, person), await at(cutOff, damaged)];
  const seen = (client: ApiClient) => client.get(`${API}/keys`, { headers: { 'cache-control': 'no-cache' } });
  // What is damaged is called so while the others are known.
  expect((await seen(damagedList)).body).toMatchObject([{ state: 'undecryptable' }]);
  expect((await resolve(damaged.id)).body).toMatchObject({ source: 'system', reason: 'undecryptable' });

  await proxy.cut();
  await letItLapse();
  other = await startReplica(cutOff, { ENCRYPTION_KEY: `${NEW},${old}`, DATABASE_URL: database.url });
  expect(other.logs.join()).toContain('has begun');
  const added = await (await at(other, person)).post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789' });
  expect(added.status).toBe(200);

  const replies: Reply[] = [await resolve(person.id), await seen(list), await seen(damagedList)];
  await proxy.restore();
  const ask = async (): Promise<Reply[]> => {
    replies.push(await resolve(person.id), await seen(list));
    return replies;
  };
  await expect.poll(async () => (await ask()) && cutOff.core.masterKeys.missing().length, SOON).toBe(1);
  await ask();
  for (const { status, text } of replies) {
    expect(status).toBe(503);
    expect(text).not.toContain('sk-system');
    expect(text).not.toContain('dd it again');
  }
  expect(replies.slice(-2).map(({ body }) => (body as { code?: string }).code)).toEqual(
    Array(2).fill('directory_misconfigured'),
  );
}, 240_000);
