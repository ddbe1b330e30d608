// The whole service between faulty neighbours, with eight people signed in, for keys that are looked for everywhere.
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { createKeycloakProxy, type Fault } from '../support/keycloak/keycloak-proxy.ts';
import { startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { startTcpProxy } from '../support/programs/tcp-proxy.ts';
import { startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import type { ApiClient, Reply } from '../support/service/api-client.ts';

/** No other test writes to this database, so that all of it can be searched. */
const DATABASE = 9;

/** In turn for writes alone and for all calls. After a write without an answer the next one of that user has to wait. */
export const FAULTS: readonly Fault[] = [
  { status: 500, body: '{"error":"unknown_error"}' },
  'cut',
  {
    status: 400,
    body: '{"errors":[{"field":"byok_openai_key","errorMessage":"error-invalid-length","params":["x",0,10]}]}',
  },
  { status: 200, body: '<h1>Welcome</h1>' },
  { status: 409, body: '{"errorMessage":"User exists"}' },
  { status: 401, body: '{"error":"HTTP 401 Unauthorized"}' },
  { status: 403, body: '{"error":"HTTP 403 Forbidden"}' },
];

export type CanaryService = Awaited<ReturnType<typeof startCanaryService>>;

export async function startCanaryService() {
  const fakes = await startFakeProviders();
  const keycloakProxy = await createKeycloakProxy(inject('keycloak').url);
  const { hostname, port } = new URL(inject('redisUrl'));
  const redisProxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const redis = new Redis(`${inject('redisUrl')}/${DATABASE}`);
  await redis.flushdb();
  const env = {
    ...providerEnv(fakes),
    LOG_LEVEL: 'debug',
    PROBE_TIMEOUT_SECONDS: '1',
    KEYCLOAK_TIMEOUT_SECONDS: '5',
    REDIS_URL: `redis://127.0.0.1:${redisProxy.port}/${DATABASE}`,
  };
  const service = await startKeycloakService({ keycloakUrl: keycloakProxy.url, redisDatabase: DATABASE, env });

  /** Everything that the service has answered, headers included. */
  const answers: string[] = [];
  function recorded(inner: ApiClient): ApiClient {
    const send = async (...request: Parameters<ApiClient['send']>): Promise<Reply> => {
      const reply = await inner.send(...request);
      answers.push(`${JSON.stringify(reply.headers)}\n${reply.text}`);
      return reply;
    };
    return {
      ...inner,
      send,
      get: (path, sent) => send('GET', path, sent),
      post: (path, json) => send('POST', path, { json }),
      patch: (path, json) => send('PATCH', path, { json }),
      delete: (path) => send('DELETE', path),
    };
  }

  /** Whose they are. */
  const emails = new Map<ApiClient, string>();
  /** Signed in as eight people, one for each provider. */
  const clients = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const { id, email } = await service.newPerson();
      const own = recorded(await service.platformClient({ sub: id, email }));
      emails.set(own, email);
      return own;
    }),
  );
  async function stop(): Promise<void> {
    await service.stop();
    redis.disconnect();
    await Promise.all([fakes.close(), keycloakProxy.close(), redisProxy.close()]);
  }
  return { fakes, keycloakProxy, redisProxy, redis, service, answers, recorded, clients, emails, stop };
}
