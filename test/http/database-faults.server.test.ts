import { expect, inject, it, vi } from 'vitest';
import { API } from '../support/api-client.ts';
import { startKeycloakService } from '../support/keycloak-service.ts';
import { expectProblem } from '../support/problem.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

it('a database out of reach shows at /readyz; keys are still read, nothing is changed; it recovers by itself', async () => {
  const database = await temporaryDatabase(inject('postgresUrl'));
  const url = new URL(database.url);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  const service = await startKeycloakService({ env: { DATABASE_URL: url.href } });
  try {
    const { id } = await service.newPerson();
    const client = await service.platformClient({ sub: id });
    expect(await client.get('/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready', checks: { directory: 'ok', database: 'ok' } },
    });

    const key = { provider: 'openai', key: 'sk-0123456789abcdef' };
    expect((await client.post(`${API}/keys/add`, key)).status).toBe(200);

    await proxy.cut();
    const down = { status: 503, body: { status: 'not_ready', checks: { directory: 'ok', database: 'unavailable' } } };
    expect(await client.get('/readyz')).toMatchObject(down);
    expect((await client.get('/healthz')).status).toBe(200);
    for (const refused of [await client.post(`${API}/keys/add`, key), await client.delete(`${API}/keys/openai`)])
      expectProblem(refused, 503, 'database_unavailable');
    expect((await client.get(`${API}/keys`)).body).toMatchObject([{ provider: 'openai', state: 'usable' }]);

    await proxy.restore();
    await vi.waitFor(async () => expect((await client.get('/readyz')).status).toBe(200), 20_000);
    expect((await client.delete(`${API}/keys/openai`)).body).toMatchObject({ removed: true });
  } finally {
    await service.stop();
    await proxy.close();
    await database.drop();
  }
});
