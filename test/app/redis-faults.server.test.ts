import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { startTcpProxy, type TcpProxy } from '../support/programs/tcp-proxy.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';

describe('Redis behind the service', () => {
  let proxy: TcpProxy;
  let service: KeycloakService;
  let client: ApiClient;
  let token: string;
  beforeAll(async () => {
    const { hostname, port } = new URL(inject('redisUrl'));
    proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    service = await startKeycloakService({ env: { REDIS_URL: `redis://127.0.0.1:${proxy.port}` } });
    const person = await service.newPerson();
    client = await service.platformClient({ sub: person.id });
    token = await service.accessToken(person);
  });
  afterAll(async () => {
    await service?.stop();
    await proxy?.close();
  });

  it.each(['cut', 'hang'] as const)(
    'out of reach (%s): sessions are 503, not 401; the rest works; it recovers by itself',
    async (how) => {
      expect((await client.get(`${API}/keys`)).status).toBe(200);
      await proxy[how]();

      const add = client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789' });
      const reads = ['/auth/me', `${API}/keys`, `${API}/stats`].map((path) => client.get(path));
      // What has begun of a sign-in is with the browser.
      expect((await client.get('/auth/login')).status).toBe(303);
      for (const reply of await Promise.all([add, ...reads])) expectProblem(reply, 503, 'session_store_unavailable');
      expectProblem(await service.client().get(`${API}/keys`), 401, 'not_authenticated');
      const bearer = await client.get(`${API}/keys`, { headers: { authorization: `Bearer ${token}` } });
      expect({ status: bearer.status, limit: bearer.headers['ratelimit-limit'] }).toEqual({
        status: 200,
        limit: '1000000',
      });
      expect((await client.get('/healthz')).status).toBe(200);

      await proxy.restore();
      await vi.waitFor(async () => expect((await client.get(`${API}/keys`)).status).toBe(200), 20_000);
    },
  );
});
