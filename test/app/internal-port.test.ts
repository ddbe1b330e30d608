// The port of internal services: what is on it, what is not, and over what it answers.
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/servers/server-process.ts';
import { API } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { INTERNAL_OPEN, routesOpenToAnyone } from '../support/service/route-walk.ts';
import { type Env, type RunningService, startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';
import { createTlsFiles } from '../support/service/tls-files.ts';

const CALLS = [
  'POST /internal/keys/resolve',
  'GET /internal/users/:email/tier',
  'PUT /internal/users/:email/tier',
  'POST /internal/users/:email/usage/increment',
  'POST /internal/users/:email/usage/reset',
  'POST /internal/usage',
];
const ASK = { user: { email: 'starter@example.com' }, provider: 'openai' };

const withOwnPort = async (): Promise<Env> => ({ INTERNAL_PORT: String(await freePort()) });

let service: RunningService | undefined;
afterEach(async () => {
  await service?.stop();
  service = undefined;
});

async function start(env: Env = {}, options: Parameters<typeof startService>[1] = {}): Promise<RunningService> {
  service = await startService({ ...(await withOwnPort()), ...env }, options);
  return service;
}
const callsOf = ({ registeredRoutes }: RunningService['app'], prefix = API): string[] =>
  registeredRoutes
    .filter(({ method, url }) => method !== 'HEAD' && url.startsWith(`${prefix}/`))
    .map(({ method, url }) => `${method} ${url.slice(prefix.length)}`)
    .sort();

describe('a port of their own', () => {
  let running: RunningService;
  beforeAll(async () => {
    running = await startService(await withOwnPort());
  });
  afterAll(() => running?.stop());

  it('has what internal services call and nothing of what people do', () => {
    const { app, internalApp } = running;
    expect(callsOf(internalApp)).toEqual(CALLS.toSorted());
    expect(internalApp.registeredRoutes.filter(({ url }) => url.includes('auth'))).toEqual([]);
    expect(callsOf(app).filter((call) => call.includes('/internal/'))).toEqual([]);
  });

  it('answers services, who find nothing on the other', async () => {
    const token = await newServiceTokenFor(running);
    const reply = await running.serviceClient(token).post('/keys/resolve', ASK);
    expectProblem(reply, 404, 'key_not_released');
    const elsewhere = running.client({ authorization: `Bearer ${token}` });
    expectProblem(await elsewhere.post(`${API}/internal/keys/resolve`, ASK), 404, 'route_not_found');
  });

  it('answers nobody without credentials, except for its description and its health', async () => {
    const { internalApp, internalClient } = running;
    expect(await routesOpenToAnyone({ app: internalApp, client: internalClient })).toEqual(INTERNAL_OPEN.toSorted());
  });

  it('describes its own calls', async () => {
    const { paths } = (await running.internalClient().get('/openapi.json')).body as { paths: object };
    const described = Object.keys(paths).filter((path) => path.startsWith(API));
    expect(described.map((path) => path.slice(API.length).replace(/\{(\w+)\}/g, ':$1')).sort()).toEqual(
      [...new Set(CALLS.map((call) => call.split(' ')[1]))].sort(),
    );
  });
});

describe('a service with a port of their own', () => {
  it('moves it with BASE_PATH', async () => {
    const { internalApp } = await start({ BASE_PATH: '/byok' });
    expect(callsOf(internalApp, `/byok${API}`)).toEqual(CALLS.toSorted());
  });

  it('closes it with the other', async () => {
    const running = await start();
    const port = Number(new URL(running.internalUrl).port);
    await running.stop();
    service = undefined;
    const refused = await new Promise((resolve) =>
      connect(port, '127.0.0.1')
        .on('connect', () => resolve(false))
        .on('error', () => resolve(true)),
    );
    expect(refused).toBe(true);
  });

  it('limits each service on it, and the attempts of an address that is none', async () => {
    const running = await start({ RATE_LIMIT_INTERNAL_PER_MINUTE: '5', RATE_LIMIT_ADDRESS_PER_MINUTE: '10' });
    const statuses = async (token: string, count: number): Promise<number[]> => {
      const client = running.serviceClient(token);
      const replies: number[] = [];
      for (let asked = 0; asked < count; asked++) replies.push((await client.post('/keys/resolve', ASK)).status);
      return replies;
    };
    const [one, other] = [await newServiceTokenFor(running), await newServiceTokenFor(running)];
    expect(await statuses(one, 7)).toEqual([404, 404, 404, 404, 404, 429, 429]);
    expect(await statuses(other, 1)).toEqual([404]);
    // Two attempts were those of the services, which are remembered.
    expect(await statuses('wrong', 10)).toEqual([...Array(8).fill(401), 429, 429]);
    expect(await statuses(other, 1)).toEqual([404]);
  });

  it('limits what is asked of its /metrics', async () => {
    const running = await start({ RATE_LIMIT_ADDRESS_PER_MINUTE: '3' });
    const statuses: number[] = [];
    for (let asked = 0; asked < 5; asked++) statuses.push((await running.internalClient().get('/metrics')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });
});

describe('without one, outside production', () => {
  it('the calls are beside the rest', async () => {
    service = await startService();
    expect(service.internalUrl).toBe(service.url);
    expect(callsOf(service.app)).toEqual(expect.arrayContaining(CALLS));
  });
});

describe('in production', () => {
  /** Over a Keycloak that is not there: enough to see who is let in. */
  const PRODUCTION = {
    NODE_ENV: 'production',
    KEYCLOAK_URL: 'http://127.0.0.1:1',
    KEYCLOAK_CLIENT_SECRET: 'secret',
    ENCRYPTION_KEY: `${'k'.repeat(43)}=`,
    PUBLIC_URL: 'https://ops.example.com',
    TRUSTED_PROXIES: '127.0.0.1',
    INTERNAL_HOST: '0.0.0.0',
  };
  const PATH = `${API}/internal/keys/resolve`;

  it('plain HTTP is for programs on this machine and for what came to a trusted proxy over HTTPS', async () => {
    const running = await start(PRODUCTION);
    expectProblem(await running.internalClient().post(PATH, ASK), 401, 'not_authenticated');
    const proxied = { 'x-forwarded-for': '198.51.100.7' };
    for (const headers of [proxied, { ...proxied, 'x-forwarded-proto': 'http' }, { forwarded: 'for=198.51.100.7' }])
      expectProblem(await running.internalClient(headers).post(PATH, ASK), 403, 'https_required');
    const secure = running.internalClient({ ...proxied, 'x-forwarded-proto': 'https' });
    expectProblem(await secure.post(PATH, ASK), 401, 'not_authenticated');
    // On the other port this machine gets no such favour.
    expectProblem(await running.client().get(`${API}/keys`), 403, 'https_required');
    // Numbers for which no token is asked need no hiding.
    expect((await running.internalClient(proxied).get('/metrics')).status).toBe(200);
  });

  it('plain HTTP from another machine is refused', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
    const running = await start(PRODUCTION);
    const port = new URL(running.internalUrl).port;
    // From its own outer address this machine looks like another one. Where it has none, nobody can come from there.
    if (outside === undefined) return;
    const reply = await fetch(`http://${outside}:${port}${PATH}`, { method: 'POST' });
    expect({ status: reply.status, code: ((await reply.json()) as { code: string }).code }).toEqual({
      status: 403,
      code: 'https_required',
    });
  });

  it('TLS of its own is used for both ports', async () => {
    const tls = createTlsFiles();
    try {
      const running = await start({ ...PRODUCTION, ...tls.env }, tls);
      expect(running.internalUrl).toMatch(/^https:/);
      expectProblem(await running.internalClient().post(PATH, ASK), 401, 'not_authenticated');
    } finally {
      tls.remove();
    }
  });
});
