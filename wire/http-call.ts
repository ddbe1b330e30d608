// Sends one request as it is written, headers that clients like to set themselves included, and reads the whole answer.
import { Agent, request } from 'node:http';
import { connect } from 'node:net';

export interface Sent {
  readonly method: string;
  /** As it goes into the request line. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface Reply {
  readonly status: number;
  /** Names in lower case, in order of name. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

const ANSWER_MS = 60_000;

/** Over a connection of its own, that could be kept: its answer has every header of one that is. */
export async function send(port: number, { method, path, headers, body }: Sent): Promise<Reply> {
  const agent = new Agent({ keepAlive: true });
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const length: Record<string, string> =
    body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const call = request(
    { host: '127.0.0.1', port, agent, method, path, headers: { ...length, ...headers } },
    (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: pairsOf(answer.rawHeaders),
          body: Buffer.concat(parts),
        }),
      );
    },
  );
  call.on('error', reject);
  call.setTimeout(ANSWER_MS, () => call.destroy(new Error(`no answer to ${method} ${path}`)));
  call.end(body);
  try {
    return await promise;
  } finally {
    agent.destroy();
  }
}

/** Bytes that need not be HTTP. @returns what comes back until the other side ends. */
export function sendRaw(port: number, text: string, waitMs: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  const end = (): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve(answer);
  };
  const timer = setTimeout(end, waitMs);
  socket.on('data', (part) => {
    answer += part.toString('latin1');
  });
  socket.on('error', end);
  socket.on('close', end);
  socket.write(text);
  return promise;
}

function pairsOf(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([(raw[i] ?? '').toLowerCase(), raw[i + 1] ?? '']);
  // The order of different headers says nothing; several of one name stay in order.
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
