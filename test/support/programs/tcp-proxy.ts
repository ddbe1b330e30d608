// A TCP proxy on loopback that can be cut and hung, to see how a client of a real server takes it.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Ends every connection and refuses new ones, as a stopped server does. */
  cut(): Promise<void>;
  /** Keeps connections and passes nothing on, as a server does that hangs. */
  hang(): void;
  /** Passes nothing on over the present connections, ever; new ones work. As when a router has forgotten them. */
  strand(): void;
  /** Works again, on the same port; what was held back goes on. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const stranded = new WeakSet<Socket>();
  let hanging = false;

  const relay = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (hanging) from.pause();
  };
  const server = createServer((client) => {
    const upstream = connect(target);
    relay(client, upstream);
    relay(upstream, client);
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const cut = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    cut,
    hang() {
      hanging = true;
      for (const socket of sockets) socket.pause();
    },
    strand() {
      for (const socket of sockets) stranded.add(socket.pause());
    },
    async restore() {
      hanging = false;
      for (const socket of sockets) if (!stranded.has(socket)) socket.resume();
      if (!server.listening) await listen(port);
    },
    close: cut,
  };
}
