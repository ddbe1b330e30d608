// A local server that answers as each real provider does. The key itself says how: `sk-good-…`, `gsk_-ratelimited-…`;
// the words are in fake-provider-behaviours.ts. A key without such a word is a bad key, as it would be at the provider.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority } from '../service/certificates.ts';
import { type Answer, BEHAVIOURS, type Behaviour } from './fake-provider-behaviours.ts';
import { type FakeRoute, ROUTES } from './fake-provider-routes.ts';

interface RecordedRequest {
  /** `openai`, …, `custom`, `open`; undefined for anything that belongs to no provider. */
  readonly provider: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly secure: boolean;
}

export interface FakeProviders {
  /** Plain API address, such as `http://127.0.0.1:1234/openai/v1`; what `BYOK_OPENAI_API_URL` would be set to. */
  url(provider: string): string;
  /** The same over TLS (`https://127.0.0.1:1235/custom/v1`): what a user would store as an endpoint. Needs `ca` and `allow`. */
  httpsUrl(provider: string): string;
  /** Plain API address that answers every call with a redirect (307) to `location`. */
  redirectingUrl(location: string): string;
  /** Plain addresses of every provider that has one in the provider table: `probes.apiUrls`. */
  readonly apiUrls: ReadonlyMap<string, string>;
  readonly httpsPort: number;
  /** PEM file of the authority behind `httpsUrl`: `probes.caFile`. */
  readonly ca: string;
  /** Puts something in front of all of them that answers everybody with this status and a page; undefined takes it away. */
  edge(status: number | undefined): void;
  /** Every request that arrived, oldest first. */
  readonly requests: RecordedRequest[];
  close(): Promise<void>;
}

interface FakeProviderOptions {
  readonly host?: string;
  readonly certificateDays?: number;
}

/**
 * Listens on 127.0.0.1 only, on free ports; for other addresses of this machine pass `host`.
 * @param options `certificateDays` below zero: a certificate that has expired.
 */
export async function startFakeProviders(options: FakeProviderOptions = {}): Promise<FakeProviders> {
  const { host = '127.0.0.1', certificateDays = 2 } = options;
  const requests: RecordedRequest[] = [];
  let edge: number | undefined;
  const handler = (secure: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const recorded = record(request, secure);
    requests.push(recorded);
    // The body is read to its end first, so that keep-alive connections stay in step.
    request.resume().on('end', () => {
      if (edge === undefined) answer(recorded, response);
      else response.writeHead(edge, { 'content-type': 'text/html' }).end('<html>not today</html>');
    });
  };
  const authority = createCertificateAuthority();
  const folder = await mkdtemp(join(tmpdir(), 'fake-providers-'));
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, authority.cert);
  const plain = createServer(handler(false));
  const secure = createTlsServer(authority.issue([host, 'localhost'], { days: certificateDays }), handler(true));
  const servers = [plain, secure];
  for (const server of servers) await once(server.listen(0, host), 'listening');
  const port = (server: (typeof servers)[number]): number => (server.address() as AddressInfo).port;
  const url = (provider: string): string => `http://${host}:${port(plain)}${route(provider).base}`;
  const httpsPort = port(secure);
  let closing: Promise<void> | undefined;
  return {
    url,
    httpsUrl: (provider) => `https://${host}:${httpsPort}${route(provider).base}`,
    redirectingUrl: (location) => `http://${host}:${port(plain)}${REDIRECTING}${encodeURIComponent(location)}`,
    apiUrls: new Map([...ROUTES.keys()].filter((id) => id !== 'custom' && id !== 'open').map((id) => [id, url(id)])),
    httpsPort,
    ca,
    requests,
    edge(status) {
      edge = status;
    },
    close() {
      closing ??= (async () => {
        for (const server of servers) {
          const closed = once(server, 'close');
          server.close();
          server.closeAllConnections();
          await closed;
        }
        await rm(folder, { recursive: true, force: true });
      })();
      return closing;
    },
  };
}

const REDIRECTING = '/redirect-to/';

function route(provider: string): FakeRoute {
  const found = ROUTES.get(provider);
  if (found === undefined) throw new TypeError(`no fake provider ${provider}`);
  return found;
}

function record(request: IncomingMessage, secure: boolean): RecordedRequest {
  const path = request.url ?? '/';
  const provider = [...ROUTES].find(([, { base }]) => path.startsWith(`${base}/`))?.[0];
  return { provider, method: request.method ?? '', path, headers: request.headers, secure };
}

function answer(request: RecordedRequest, response: ServerResponse): void {
  const key = keyOf(request);
  const behaviour = behaviourOf(key);
  if (behaviour === 'hang') return;
  if (behaviour === 'cut') return void response.destroy();
  if (behaviour === 'stall') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    return void response.write('{"object":"list",');
  }
  const { status, body, headers } = chooseAnswer(request, behaviour);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(text.replaceAll('KEY', () => key));
}

function chooseAnswer(request: RecordedRequest, behaviour: Behaviour): Answer {
  if (request.path.startsWith(REDIRECTING)) {
    const location = decodeURIComponent(request.path.slice(REDIRECTING.length).split('/')[0] ?? '');
    return { status: 307, body: '', headers: { location } };
  }
  const nothingHere: Answer = { status: 404, body: { error: { message: 'Not found', type: 'not_found_error' } } };
  if (request.provider === undefined) return nothingHere;
  const { method, base, path, movedTo, answers } = route(request.provider);
  const moved = behaviour === 'moved' && movedTo !== undefined;
  if (request.method !== method || request.path !== `${base}${moved ? movedTo : path}`) return nothingHere;
  if (request.provider === 'anthropic' && request.headers['anthropic-version'] === undefined)
    return answers.badrequest ?? nothingHere;
  return request.provider === 'open' || moved ? answers.good : (answers[behaviour] ?? answers.bad);
}

/** Anthropic reads `x-api-key`, the others `Authorization: Bearer`; a key sent the other way does not count. */
function keyOf({ provider, headers }: RecordedRequest): string {
  if (provider === 'anthropic') return String(headers['x-api-key'] ?? '');
  return /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

function behaviourOf(key: string): Behaviour {
  const words = new Set(key.split(/[-_]/));
  return BEHAVIOURS.find((behaviour) => words.has(behaviour)) ?? 'bad';
}
