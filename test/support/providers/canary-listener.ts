// A TCP listener that should hear nothing: the place where a forbidden connection would arrive.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface CanaryListener {
  readonly port: number;
  /** How many connections arrived. */
  connections(): number;
  close(): Promise<void>;
}

export async function startCanaryListener(host = '127.0.0.1', port = 0): Promise<CanaryListener> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket.on('error', () => socket.destroy()));
  });
  await once(server.listen(port, host), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async close() {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
