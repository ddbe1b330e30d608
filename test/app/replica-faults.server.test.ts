import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { createKeycloakProxy, type Fault, type KeycloakProxy } from '../support/keycloak/keycloak-proxy.ts';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { startTcpProxy, type TcpProxy } from '../support/programs/tcp-proxy.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { type MainProcess, startMainProcess } from '../support/service/main-process.ts';
import { expectProblem } from '../support/service/problem.ts';

const OPENAI = { provider: 'openai', key: 'sk-0123456789abcdef' };
const GROQ = { provider: 'groq', key: 'gsk_0123456789abcdef' };

describe('a replica in trouble beside one that works', () => {
  let proxy: KeycloakProxy;
  let service: KeycloakService;
  let redis: TcpProxy;
  let other: MainProcess | undefined;
  beforeAll(async () => {
    const { hostname, port } = new URL(inject('redisUrl'));
    redis = await startTcpProxy({ host: hostname, port: Number(port) });
    proxy = await createKeycloakProxy(inject('keycloak').url);
    service = await startKeycloakService({ keycloakUrl: proxy.url, env: { KEYCLOAK_TIMEOUT_SECONDS: '3' } });
  });
  afterEach(async () => {
    proxy.behave();
    await other?.end();
    other = undefined;
    await redis.restore();
  });
  afterAll(async () => {
    await service?.stop();
    await redis?.close();
    await proxy?.close();
  });

  const startOther = async (): Promise<MainProcess> => {
    other = await startMainProcess({
      ...service.env,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
    });
    return other;
  };
  /** With access tokens, which need no Redis. */
  const personAt = async (process: MainProcess): Promise<[here: ApiClient, there: ApiClient]> => {
    const headers = { authorization: `Bearer ${await service.accessToken(await service.newPerson())}` };
    return [service.client(headers), process.client(headers)];
  };
  const providers = async (client: ApiClient): Promise<unknown[]> =>
    ((await client.get(`${API}/keys`)).body as { provider: string }[]).map(({ provider }) => provider);

  it('killed while Keycloak has its write: the next writer waits for that write, and both are kept', async () => {
    const killed = await startOther();
    const [here, there] = await personAt(killed);
    const held = Promise.withResolvers<Fault>();
    let writes = 0;
    const arrived = Promise.withResolvers<void>();
    proxy.misbehave((seen) => {
      if (seen.method !== 'PUT' || writes++ > 0) return 'pass';
      arrived.resolve();
      return held.promise;
    });
    const lost = there.post(`${API}/keys/add`, OPENAI).catch(() => undefined);
    await arrived.promise;
    killed.signal('SIGKILL');
    await lost;

    const added = here.post(`${API}/keys/add`, GROQ);
    // Somebody who did not wait would be through by then, and undone by what Keycloak does now.
    await Promise.race([added, wait(2_000)]);
    held.resolve('pass');
    expect((await added).status).toBe(200);
    expect(await providers(here)).toEqual(['openai', 'groq']);
  }, 90_000);

  it('killed before it could say that its write is over: the others do not go on with the old key', async () => {
    const killed = await startOther();
    const [here, there] = await personAt(killed);
    expect((await here.post(`${API}/keys/add`, OPENAI)).status).toBe(200);
    expect(await providers(here)).toEqual(['openai']);
    const arrived = Promise.withResolvers<void>();
    proxy.afterwards(async ({ method }) => {
      if (method !== 'PUT') return;
      arrived.resolve();
      await new Promise(() => undefined);
    });
    const lost = there.delete(`${API}/keys/openai`).catch(() => undefined);
    await arrived.promise;
    killed.signal('SIGKILL');
    await lost;
    proxy.afterwards(undefined);
    await vi.waitFor(async () => expect(await providers(here)).toEqual([]), { timeout: 1_500, interval: 20 });
  }, 90_000);

  it('stopped for a while: its first answer afterwards is not the old list', async () => {
    const stopped = await startOther();
    const [here, there] = await personAt(stopped);
    expect((await here.post(`${API}/keys/add`, OPENAI)).status).toBe(200);
    await vi.waitFor(async () => expect(await providers(there)).toEqual(['openai']), { timeout: 5_000 });
    stopped.signal('SIGSTOP');
    expect((await here.delete(`${API}/keys/openai`)).body).toMatchObject({ removed: true });
    await wait(5_000);
    // One that waits for the process already, and one that comes when it goes on.
    const waiting = providers(there);
    await wait(200);
    stopped.signal('SIGCONT');
    const next = providers(there);
    expect(await Promise.all([waiting, next])).toEqual([[], []]);
  }, 90_000);

  it('stopped for a while and cut off from Redis afterwards: the same', async () => {
    const stopped = await startOther();
    const [here, there] = await personAt(stopped);
    expect((await here.post(`${API}/keys/add`, OPENAI)).status).toBe(200);
    await vi.waitFor(async () => expect(await providers(there)).toEqual(['openai']), { timeout: 5_000 });
    stopped.signal('SIGSTOP');
    redis.hang();
    expect((await here.delete(`${API}/keys/openai`)).body).toMatchObject({ removed: true });
    await wait(2_000);
    stopped.signal('SIGCONT');
    expect(await providers(there)).toEqual([]);
  }, 90_000);

  it('cut off from Redis: it sees the changes of others within a second, and changes nothing itself', async () => {
    const alone = await startOther();
    const [here, there] = await personAt(alone);
    expect((await here.post(`${API}/keys/add`, OPENAI)).status).toBe(200);
    await vi.waitFor(async () => expect(await providers(there)).toEqual(['openai']), { timeout: 5_000 });
    redis.hang();
    expect((await here.delete(`${API}/keys/openai`)).body).toMatchObject({ removed: true });
    await wait(1_000);
    expect(await providers(there)).toEqual([]);
    expectProblem(await there.post(`${API}/keys/add`, OPENAI), 503, 'session_store_unavailable');
    expect(await providers(here)).toEqual([]);
    await redis.restore();
    await vi.waitFor(async () => expect((await there.post(`${API}/keys/add`, GROQ)).status).toBe(200), 20_000);
    await vi.waitFor(async () => expect(await providers(here)).toEqual(['groq']), { timeout: 1_500 });
  }, 90_000);
});
