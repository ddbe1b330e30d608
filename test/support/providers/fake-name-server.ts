// A name server on this machine, over UDP, that knows a few names and says nothing about some others.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

/** `as`: another name of the same host, which the addresses belong to. A number: the error of that RCODE. */
export type NameAnswer =
  | readonly string[]
  | { readonly as: string; readonly addresses: readonly string[] }
  | { readonly only: 4 | 6; readonly addresses: readonly string[] }
  | 'silent'
  | number;

export interface FakeNameServer {
  /** As `setServers` takes it. */
  readonly address: string;
  /** Every question, in lower case, with its kind: `4 llm.example.com`. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

type AnswerTo = (name: string) => NameAnswer | undefined | Promise<NameAnswer | undefined>;

const KINDS: Readonly<Record<number, 4 | 6>> = { 1: 4, 28: 6 };
const CNAME = 5;
const NXDOMAIN = 3;

/** @param answerTo undefined: there is no such name. A promise: the answer comes when it is there. `only`: it says nothing about addresses of the other kind. */
export async function startFakeNameServer(answerTo: AnswerTo): Promise<FakeNameServer> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const question = readQuestion(query);
    asked.push(`${question.kind} ${question.name}`);
    void Promise.resolve(answerTo(question.name)).then((answer) => {
      const response = responseTo(query, question, answer);
      if (response !== undefined) socket.send(response, port, address);
    });
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** Undefined: silence. */
function responseTo(query: Buffer, { kind, end }: Question, answer: NameAnswer | undefined): Buffer | undefined {
  if (answer === 'silent' || (isPartial(answer) && answer.only !== kind)) return undefined;
  const records = recordsOf(answer, kind);
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | (answer === undefined ? NXDOMAIN : typeof answer === 'number' ? answer : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(records.length, 6);
  return Buffer.concat([head, query.subarray(12, end), ...records]);
}

const isPartial = (answer: NameAnswer | undefined) => typeof answer === 'object' && 'only' in answer;

interface Question {
  readonly name: string;
  readonly kind: 4 | 6 | undefined;
  readonly end: number;
}

function readQuestion(query: Buffer): Question {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), kind: KINDS[query.readUInt16BE(at + 1)], end: at + 5 };
}

function recordsOf(answer: NameAnswer | undefined, kind: 4 | 6 | undefined): Buffer[] {
  if (typeof answer !== 'object') return [];
  const addresses = 'addresses' in answer ? answer.addresses : answer;
  const name = 'as' in answer ? encodeName(answer.as) : undefined;
  // 0xc00c: the name that was asked for.
  const owner = name ?? Buffer.from([0xc0, 12]);
  const records = addresses
    .filter((address) => isIP(address) === kind)
    .map((address) => record(owner, kind === 4 ? 1 : 28, encodeAddress(address)));
  return name === undefined ? records : [record(Buffer.from([0xc0, 12]), CNAME, name), ...records];
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

const encodeName = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.alloc(1),
  ]);

function encodeAddress(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [left = '', right = ''] = address.split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const missing = 8 - words(left).length - words(right).length;
  const all = [...words(left), ...Array.from({ length: missing }, () => 0), ...words(right)];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}
