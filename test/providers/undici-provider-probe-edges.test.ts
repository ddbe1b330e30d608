// Made-up and real keys behind servers that answer before anybody has looked at a key, and packed bodies.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createProbeFixture, type ProbeFixture, summary } from '../support/providers/probe-fixture.ts';
import { FOREIGN } from './foreign-answers.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, key: string) => void;

let fixture: ProbeFixture;
let handler: Handler;
const server = createServer((request, response) => {
  const { authorization = '', 'x-api-key': own } = request.headers;
  request.resume().on('end', () => handler(request, response, String(own ?? authorization.replace('Bearer ', ''))));
});

beforeAll(async () => {
  fixture = await createProbeFixture();
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterAll(async () => {
  await fixture.close();
  server.closeAllConnections();
  server.close();
});

let keys: string[] = [];
afterEach(() => {
  keys = [];
});

async function askAt(id: string, answering: Handler, behaviour = 'good'): Promise<string> {
  handler = (request, response, key) => {
    keys.push(key);
    answering(request, response, key);
  };
  const apiUrls = new Map([[id, `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`]]);
  return summary(await fixture.ask(id, behaviour, fixture.probeWith({ apiUrls })));
}

const json = (response: ServerResponse, statusCode: number, body: unknown): void => {
  response.writeHead(statusCode, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
/** In the words of the provider’s own API. */
const ownError = (id: string, message: string): unknown =>
  ({
    anthropic: { type: 'error', error: { type: 'x', message } },
    huggingface: { error: message },
    cohere: { message },
  })[id] ?? { error: { message, type: 'x', code: null } };

const IDS = ['openai', 'anthropic', 'huggingface', 'cohere', 'together', 'perplexity', 'groq'];

describe.each(IDS)('a key at %s', (id) => {
  test.each([429, 402])('says nothing where something in between answers %d to anybody', async (statusCode) => {
    for (const { contentType, text } of Object.values(FOREIGN)) {
      const outcome = await askAt(id, (_request, response) => {
        response.writeHead(statusCode, contentType === undefined ? {} : { 'content-type': contentType }).end(text);
      });
      expect(outcome).toBe(`unknown unexpected_answer ${statusCode}`);
    }
  });

  test.each([429, 402])('says nothing where the API itself answers %d to any key', async (statusCode) => {
    const outcome = await askAt(id, (_request, response) => json(response, statusCode, ownError(id, 'slow down')));
    expect(outcome).toBe(`unknown cannot_verify ${statusCode}`);
    expect(keys).toHaveLength(2);
    expect(keys[1]).not.toContain('cAnArY');
  });

  test.each([429, 402])('counts where a key that nobody has is refused instead of %d', async (statusCode) => {
    const outcome = await askAt(id, (_request, response, key) => {
      const known = key.includes('cAnArY');
      json(response, known ? statusCode : 401, ownError(id, known ? 'slow down' : 'who?'));
    });
    expect(outcome).toBe(statusCode === 402 ? 'valid billing 402' : 'valid rate_limited 429');
  });

  test('is made up where only the limit of the address hid that for a moment', async () => {
    const outcome = await askAt(id, (_request, response) =>
      json(response, keys.length === 1 ? 429 : 401, ownError(id, keys.length === 1 ? 'slow down' : 'who?')),
    );
    expect(outcome).toBe('invalid bad_key 401');
  });

  test('is not refused by a page that answers 401 or 403', async () => {
    for (const statusCode of [401, 403]) {
      const outcome = await askAt(id, (_request, response) =>
        response.writeHead(statusCode, { 'content-type': 'text/html' }).end('<html>Invalid API key</html>'),
      );
      expect(outcome).toBe(`unknown unexpected_answer ${statusCode}`);
    }
  });
});

describe('an answer that was packed unasked', () => {
  const refusal = JSON.stringify({ error: { message: 'Incorrect API key provided', type: 'invalid_request_error' } });
  test.each([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('as %s is read', async (encoding, pack) => {
    const outcome = await askAt('openai', (_request, response) =>
      response
        .writeHead(401, { 'content-type': 'application/json', 'content-encoding': encoding })
        .end(pack(Buffer.from(refusal))),
    );
    expect(outcome).toBe('invalid bad_key 401');
  });

  test.each(['gzip', 'br', 'zstd'])('and is no %s says nothing', async (encoding) => {
    const outcome = await askAt('openai', (_request, response) =>
      response
        .writeHead(401, { 'content-type': 'application/json', 'content-encoding': encoding })
        .end(Buffer.from('\u0001\u0002\u0003 nothing of the kind')),
    );
    expect(outcome).toBe('unknown unexpected_answer 401');
  });

  test('is read no further than any other: a bomb does not go off', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
    const outcome = await askAt('openai', (_request, response) =>
      response.writeHead(429, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb),
    );
    expect(outcome).toBe('unknown unexpected_answer 429');
  });
});
