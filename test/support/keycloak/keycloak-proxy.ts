// Stands in front of the real Keycloak, passes everything on, and misbehaves as it is told.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
}

/** What to do with a request: answer it, leave it without an answer, break it off, or pass it on, also to another path. */
export type Fault =
  | { readonly passTo: string }
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | 'hang'
  | 'cut'
  | 'pass';

export interface KeycloakProxy {
  readonly url: string;
  readonly seen: Seen[];
  /** Decides on every request from now on; one that is decided upon later is held until then, even when its sender has left. */
  misbehave(decide: (seen: Seen) => Fault | Promise<Fault>): void;
  /** Called after Keycloak has carried a request out and before its answer is passed on. */
  afterwards(action: ((seen: Seen) => Promise<void>) | undefined): void;
  behave(): void;
  /** Refuses connections, until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function createKeycloakProxy(
  target: string,
  tls?: { readonly key: string; readonly cert: string },
): Promise<KeycloakProxy> {
  const agent = new Agent();
  const seen: Seen[] = [];
  let decide: (seen: Seen) => Fault | Promise<Fault> = () => 'pass';
  let action: ((seen: Seen) => Promise<void>) | undefined;
  let port = 0;

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const now = { method, path, authorization: headers.authorization };
    seen.push(now);
    const body = await readAll(incoming);
    const fault = await decide(now);
    if (fault === 'hang') return;
    if (fault === 'cut') {
      incoming.socket.destroy();
      return;
    }
    if (fault !== 'pass' && !('passTo' in fault)) {
      outgoing.writeHead(fault.status, fault.headers ?? {}).end(fault.body);
      return;
    }
    const { host = '', authorization, 'content-type': type } = headers;
    const passed = { host, ...(authorization && { authorization }), ...(type && { 'content-type': type }) };
    const options = { method: method as 'GET', headers: passed, dispatcher: agent };
    const to = fault === 'pass' ? path : fault.passTo;
    const answer = await request(`${target}${to}`, body.length > 0 ? { ...options, body } : options);
    const text = await answer.body.text();
    await action?.(now);
    const answerType = answer.headers['content-type'];
    outgoing
      .writeHead(answer.statusCode, typeof answerType === 'string' ? { 'content-type': answerType } : {})
      .end(text);
  };
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);

  const start = async (): Promise<void> => {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  await start();
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    misbehave: (decision) => {
      decide = decision;
    },
    afterwards: (next) => {
      action = next;
    },
    behave: () => {
      decide = () => 'pass';
    },
    start,
    stop: () => stop(server),
    close: async () => {
      if (server.listening) await stop(server);
      await agent.destroy();
    },
  };
}

export const isTokenRequest = ({ path }: Seen): boolean => path.endsWith('/token');

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
