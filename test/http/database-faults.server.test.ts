import { expect, inject, it, vi } from 'vitest';
import { API } from '../support/api-client.ts';
import { startKeycloakService } from '../support/keycloak-service.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

it('a database out of reach shows at /readyz; keys are still read and stored; it recovers by itself', async () => {
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

    await proxy.cut();
    const down = { status: 503, body: { status: 'not_ready', checks: { directory: 'ok', database: 'unavailable' } } };
    expect(await client.get('/readyz')).toMatchObject(down);
    expect((await client.get('/healthz')).status).toBe(200);
    expect((await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' })).status).toBe(200);
    expect((await client.get(`${API}/keys`)).body).toMatchObject([{ provider: 'openai', state: 'usable' }]);

    await proxy.restore();
    await vi.waitFor(async () => expect((await client.get('/readyz')).status).toBe(200), 20_000);
  } finally {
    await service.stop();
    await proxy.close();
    await database.drop();
  }
});
