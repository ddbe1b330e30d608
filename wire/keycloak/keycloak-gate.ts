// What stands between the service and Keycloak: passes everything on, is shut as a stopped server is, or loses writes.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KeycloakGate {
  /** What the service calls Keycloak. */
  readonly url: string;
  shut(): Promise<void>;
  /** On the same port. */
  open(): Promise<void>;
  /** Whether changes of users are answered well, and go nowhere. */
  loseWrites(lost: boolean): void;
}

export async function openKeycloakGate(keycloakUrl: string): Promise<KeycloakGate> {
  const { hostname, port: target } = new URL(keycloakUrl);
  let losing = false;
  const pass = (call: IncomingMessage, answer: ServerResponse): void => {
    if (losing && call.method === 'PUT' && /\/admin\/realms\/[^/]+\/users\/[^/]+$/.test(call.url ?? '')) {
      call.resume().on('end', () => answer.writeHead(204).end());
      return;
    }
    const { method, url: path, headers } = call;
    const onward = request({ hostname, port: target, method, path, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    call.pipe(onward);
  };
  const server = createServer(pass);
  const listen = async (port: number): Promise<void> =>
    void (await once(server.listen(port, '127.0.0.1'), 'listening'));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async shut() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
    open: () => listen(port),
    loseWrites(lost) {
      losing = lost;
    },
  };
}
