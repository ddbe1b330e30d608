// The whole service as `main.ts` composes it, in this process, from an environment of the test's own: on a free port,
// with a data folder that nobody else uses, and with everything that it logs.
import { Agent } from 'undici';
import { composeService, type Service } from '../../../src/app/compose-service.ts';
import { type Core, openCore } from '../../../src/app/core.ts';
import { type Config, parseConfig } from '../../../src/config/config.ts';
import { openTelemetry, type Telemetry } from '../../../src/telemetry/compose-telemetry.ts';
import { createPinoLogger } from '../../../src/telemetry/pino-logger.ts';
import { ownedDataFolder } from '../database/data-folder.ts';
import { freePort } from '../servers/server-process.ts';
import { API, type ApiClient, createApiClient } from './api-client.ts';

export type Env = Readonly<Record<string, string>>;

export interface RunningService {
  /** `http://127.0.0.1:PORT` (or https) and BASE_PATH: what every address of the service begins with. */
  readonly url: string;
  readonly port: number;
  /** The same of the port of internal services; `url` where they have none of their own. */
  readonly internalUrl: string;
  readonly config: Config;
  /** What it was started with, to start another one beside it or after it. */
  readonly env: Env;
  readonly core: Core;
  readonly app: Service['app'];
  /** The application that serves internal services: `app` where they have no port of their own. */
  readonly internalApp: Service['app'];
  readonly readiness: Service['readiness'];
  /** Its `look()` finds out now what the service finds out at intervals. */
  readonly health: Service['health'];
  readonly adoption: Service['adoption'];
  readonly telemetry: Telemetry;
  /** Everything logged so far, a JSON document a line. */
  readonly logs: readonly string[];
  /** A client without cookies, as a fresh browser profile or curl is. */
  client(headers?: Env): ApiClient;
  /** A client of the port of internal services, as `client` is of the other. */
  internalClient(headers?: Env): ApiClient;
  /** A client of what internal services call, with this bearer. Paths begin after `/api/v1/byok/internal`. */
  serviceClient(bearer: string): ApiClient;
  /** What SIGTERM does. */
  stop(): Promise<void>;
}

interface StartOptions {
  /** PEM of the authority behind TLS_CERT_FILE, for the clients. */
  readonly ca?: string;
  /** How long a host name of an endpoint may take to be confirmed. */
  readonly confirmMs?: number;
}

/** Limits out of the way, this machine only, a port and a folder of its own; `env` overrides each. */
export async function startService(env: Env = {}, { ca, confirmMs = 20 }: StartOptions = {}): Promise<RunningService> {
  // A folder that the caller names is the caller's to remove.
  const folder = env.BYOK_DATA_DIR === undefined ? await ownedDataFolder() : undefined;
  const whole: Env = { ...(await surroundings(folder?.path)), ...env };
  const parsed = parseConfig(whole);
  // Made-up hosts exist nowhere, and the second and a half that each such no takes is a matter of tests of its own.
  const probes = { ...parsed.probes, confirmMs };
  const config: Config = { ...parsed, probes };
  const logs: string[] = [];
  const logger = createPinoLogger(config.logLevel, { write: (line) => void logs.push(line) });
  const telemetry = await openTelemetry(config, logger);
  const core = await openCore(config, { log: logger, ...telemetry.core });
  const {
    app,
    internalApp = app,
    listen,
    readiness,
    health,
    adoption,
    drain,
    close,
  } = await composeService(config, core, logger, telemetry);
  const dispatcher = new Agent({ connections: 256, ...(ca === undefined ? {} : { connect: { ca } }) });
  const url = `${config.tls === undefined ? 'http' : 'https'}://127.0.0.1:${config.port}${config.basePath}`;
  const origin = (port: number): string => url.replace(`:${config.port}`, `:${port}`);
  // Port 0 is whichever is free.
  const internalUrl = (): string => {
    const address = internalApp.server.address();
    return origin(typeof address === 'object' && address !== null ? address.port : config.port);
  };
  const end = async (): Promise<void> => {
    await close();
    await core.close();
    await telemetry.close();
    await dispatcher.destroy();
    folder?.remove();
  };
  const stop = async (): Promise<void> => {
    await drain();
    await end();
  };
  try {
    await readiness.start();
    await listen();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    url,
    port: config.port,
    get internalUrl() {
      return internalUrl();
    },
    config,
    env: whole,
    core,
    app,
    internalApp,
    readiness,
    health,
    adoption,
    telemetry,
    logs,
    client: (headers) => createApiClient({ url, dispatcher, headers }),
    internalClient: (headers) => createApiClient({ url: internalUrl(), dispatcher, headers }),
    serviceClient: (bearer) =>
      createApiClient({
        url: `${internalUrl()}${API}/internal`,
        dispatcher,
        headers: { authorization: `Bearer ${bearer}` },
      }),
    stop,
  };
}

/** A client of the embedded default, signed in as the demo user of that tier. */
export async function demoClient(service: RunningService, tier = 'starter', headers: Env = {}): Promise<ApiClient> {
  const client = service.client(headers);
  const reply = await client.post('/auth/demo', { email: `${tier}@example.com` });
  if (reply.status !== 200) throw new Error(`signing in answered ${reply.status}: ${reply.text}`);
  return client;
}

/** A port and a folder of its own on this machine, and limits out of the way. */
async function surroundings(dataDir = ''): Promise<Env> {
  return {
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    BYOK_DATA_DIR: dataDir,
    DRAIN_SECONDS: '0',
    RATE_LIMIT_PER_MINUTE: '1000000',
    RATE_LIMIT_ADDRESS_PER_MINUTE: '1000000',
    RATE_LIMIT_WRITE_PER_MINUTE: '1000000',
    RATE_LIMIT_INTERNAL_PER_MINUTE: '1000000',
  };
}
