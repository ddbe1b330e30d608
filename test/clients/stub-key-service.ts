// A key service and a Keycloak token endpoint that answer what a test says, for the failures that a real one does not give to order.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Instead of `json`. */
  readonly text?: string;
  /** End the connection without an answer. */
  readonly cut?: boolean;
}

type Handler = (request: SeenRequest) => StubAnswer | Promise<StubAnswer>;

/** `handler` may be replaced at any time; `seen` has every request since the start. */
export async function startStubKeyService(handler: Handler) {
  const seen: SeenRequest[] = [];
  const stub = { handler, seen, url: '', stop };
  const server = createServer((request, response) => void reply(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return stub;

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = request;
    const whole = { method, path, headers, body: await text(request) };
    seen.push(whole);
    const answer = await stub.handler(whole);
    if (answer.cut === true) return void response.destroy();
    const type = (answer.status ?? 200) < 400 ? 'application/json' : 'application/problem+json';
    response.writeHead(answer.status ?? 200, { 'content-type': type, ...answer.headers });
    response.end(answer.text ?? JSON.stringify(answer.json ?? {}));
  }

  async function stop(): Promise<void> {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
}

/** What the service answers to a key that it releases. */
export const released = (more: Readonly<Record<string, unknown>> = {}): StubAnswer => ({
  json: {
    api_key: 'sk-users-own-key',
    provider: 'openai',
    endpoint: null,
    is_byok: true,
    source: 'user',
    reason: null,
    version: 1,
    max_age_seconds: 300,
    stale: false,
    ...more,
  },
});

/** A problem document as the service writes them. */
export const problem = (
  status: number,
  code: string,
  more: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): StubAnswer => ({
  status,
  headers,
  json: { type: 'about:blank', title: 'T', status, code, detail: `It says ${code}.`, request_id: 'req-1', ...more },
});

export const notReleased = (reason: string): StubAnswer => problem(404, 'key_not_released', { reason });
