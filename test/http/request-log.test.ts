import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, type ApiClient, type Reply } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

describe('the log of requests', () => {
  let service: RunningService;
  let client: ApiClient;
  beforeAll(async () => {
    service = await startService();
    client = await demoClient(service);
  });
  afterAll(() => service?.stop());

  const linesOf = ({ headers }: Reply): Record<string, unknown>[] =>
    service.logs
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ reqId }) => reqId === headers['x-request-id']);

  it('is one line of JSON a request, with the id that the answer carries, and the route instead of the address', async () => {
    const { body } = await client.get('/auth/me');
    const reply = await client.get(`${API}/keys?_t=1700000000000`);
    expect(linesOf(reply)).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        reqId: reply.headers['x-request-id'],
        method: 'GET',
        route: `${API}/keys`,
        status: 200,
        ms: expect.any(Number),
        address: '127.0.0.1',
        user: (body as { id: string }).id,
        msg: 'request',
      },
    ]);
  });

  it('says why a request was refused, in its one line', async () => {
    const reply = await client.delete(`${API}/keys/nope`);
    expect(linesOf(reply)).toMatchObject([
      { code: 'invalid_provider', status: 400, route: `${API}/keys/:provider`, msg: 'request' },
    ]);
    const unknown = await client.get('/nothing/here');
    expect(linesOf(unknown)).toMatchObject([{ code: 'route_not_found', status: 404, route: 'unknown' }]);
    const undecodable = await client.get('/%zz');
    expect(linesOf(undecodable)).toMatchObject([{ code: 'route_not_found', status: 404 }]);
  });

  it('takes no id from the client, and gives none twice', async () => {
    const headers = { 'x-request-id': 'mine', 'request-id': 'mine' };
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await client.get('/auth/me', { headers })).headers['x-request-id']),
    );
    expect(new Set(ids).size).toBe(20);
    expect(ids).not.toContain('mine');
  });

  it('leaves out health probes that went well', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const reply = await service.client().get(path);
      expect(reply.status).toBe(200);
      expect(linesOf(reply)).toEqual([]);
    }
  });
});
