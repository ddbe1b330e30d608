import { expect, inject, it, vi } from 'vitest';
import { createPostgresAuditTrail } from '../../src/audit/postgres-audit-trail.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { startTcpProxy } from '../support/programs/tcp-proxy.ts';
import { API } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';

it('a database out of reach shows at /readyz; keys are still read, nothing is changed; it recovers by itself', async () => {
  const database = await temporaryDatabase(inject('postgresUrl'));
  const url = new URL(database.url);
  const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  const service = await startKeycloakService({ env: { DATABASE_URL: url.href } });
  try {
    const { id } = await service.newPerson();
    const client = await service.platformClient({ sub: id });
    const add = (provider: string) => client.post(`${API}/keys/add`, { provider, key: 'sk-0123456789abcdef' });
    expect(await client.get('/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready', checks: { directory: 'ok', database: 'ok' } },
    });
    expect((await add('openai')).status).toBe(200);

    await proxy.cut();
    const down = { status: 503, body: { status: 'not_ready', checks: { directory: 'ok', database: 'unavailable' } } };
    expect(await client.get('/readyz')).toMatchObject(down);
    expect((await client.get('/healthz')).status).toBe(200);
    for (const refused of [await add('groq'), await client.delete(`${API}/keys/openai`)])
      expectProblem(refused, 503, 'database_unavailable');
    expect((await client.get(`${API}/keys`)).body).toMatchObject([{ provider: 'openai', state: 'usable' }]);
    expect(await client.delete(`${API}/keys/nobody`)).toMatchObject({ status: 400 });

    await proxy.restore();
    await vi.waitFor(async () => expect((await client.get('/readyz')).status).toBe(200), 20_000);
    expect((await add('groq')).status).toBe(200);
    const trail = createPostgresAuditTrail(service.core.database.db, service.core.auditChain);
    const rows = await trail.page({ concerning: id }, 10);
    expect(rows.map(({ action }) => action).at(-1)).toBe('key.add');
    expect(rows).toHaveLength(2);
    expect((await trail.verify([])).firstBad).toBeUndefined();
  } finally {
    await service.stop();
    await proxy.close();
    await database.drop();
  }
});
