// Who internal services are, on the embedded default: by service tokens, on the public port.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgresServiceTokens } from '../../src/services/postgres-service-tokens.ts';
import { newServiceToken } from '../../src/services/service-caller.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { KEY, STARTER, SYSTEM_KEY, startInternalService } from '../support/service/internal-service.ts';
import { expectProblem } from '../support/service/problem.ts';
import type { RunningService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

describe('internal services on the embedded default', () => {
  let service: RunningService;
  let person: ApiClient;
  beforeAll(async () => {
    ({ service, person } = await startInternalService());
  });
  afterAll(() => service?.stop());

  describe('who it is', () => {
    const ask = { user: STARTER, provider: 'openai' };

    it('is not a person, and a service is none either', async () => {
      const reply = await person.post(`${API}/internal/keys/resolve`, ask);
      expectProblem(reply, 401, 'not_authenticated');
      const token = await newServiceTokenFor(service);
      const asPerson = service.client({ authorization: `Bearer ${token}` });
      for (const path of [`${API}/keys`, '/auth/me', '/auth/sessions'])
        expectProblem(await asPerson.get(path), 401, 'not_authenticated');
    });

    it('is nobody with a token that was never made, is cut short or comes in another way', async () => {
      const token = await newServiceTokenFor(service);
      for (const wrong of [newServiceToken(), token.slice(0, -1), `${token}a`, token.toUpperCase(), 'byok_st_', 'x'])
        expectProblem(await service.serviceClient(wrong).post('/keys/resolve', ask), 401, 'not_authenticated');
      for (const headers of [
        { authorization: token },
        { authorization: `Basic ${token}` },
        { cookie: `session=${token}` },
      ])
        expectProblem(
          await service.client(headers).post(`${API}/internal/keys/resolve`, ask),
          401,
          'not_authenticated',
        );
    });

    it('may do what its scopes say and nothing else', async () => {
      const paths = {
        resolve: (client: ApiClient) => client.post('/keys/resolve', ask),
        tier: (client: ApiClient) => client.get('/users/starter%40example.com/tier'),
        usage: (client: ApiClient) => client.post('/users/starter%40example.com/usage/increment'),
      };
      for (const scope of ['resolve', 'tier', 'usage'] as const) {
        const client = service.serviceClient(await newServiceTokenFor(service, { scopes: [scope] }));
        for (const [needed, call] of Object.entries(paths)) {
          const reply = await call(client);
          if (needed === scope) expect(reply.status).toBe(200);
          else expectProblem(reply, 403, 'scope_required');
        }
        // Before the body is looked at.
        if (scope !== 'resolve') expectProblem(await client.post('/keys/resolve', {}), 403, 'scope_required');
      }
    });

    it('may use the providers that it was given', async () => {
      const token = await newServiceTokenFor(service, { providers: ['groq'] });
      expectProblem(await service.serviceClient(token).post('/keys/resolve', ask), 403, 'scope_required');
    });

    it('is nobody any more from the moment its token ends, and within five seconds of its being revoked', async () => {
      const short = service.serviceClient(
        await newServiceTokenFor(service, { expiresAt: new Date(Date.now() + 1_500) }),
      );
      expect((await short.post('/keys/resolve', ask)).status).toBe(200);
      const statusOf = async (client: ApiClient) => (await client.post('/keys/resolve', ask)).status;
      await expect.poll(() => statusOf(short), { timeout: 10_000 }).toBe(401);

      const revoked = service.serviceClient(await newServiceTokenFor(service, { name: 'to-revoke' }));
      expect(await statusOf(revoked)).toBe(200);
      expect(await createPostgresServiceTokens(service.core.database.db).revoke('to-revoke', new Date())).toBe(true);
      await expect.poll(() => statusOf(revoked), { timeout: 10_000, interval: 200 }).toBe(401);
    });
  });

  it('find nothing of a key in the logs', () => {
    const logs = service.logs.join('');
    for (const secret of [KEY, SYSTEM_KEY, 'byok_st_']) expect(logs).not.toContain(secret);
    expect(logs).toContain('"service":"token:test-');
  });
});
