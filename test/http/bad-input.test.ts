import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, type ApiClient, type Sent } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { BAD_BYTES, BAD_ENDPOINTS, BAD_FIELDS, BAD_KEYS, KEY } from './bad-values.ts';

const ADD = `${API}/keys/add`;
const JSON_TYPE = { 'content-type': 'application/json' };

describe('bad input', () => {
  let service: RunningService;
  let client: ApiClient;
  beforeAll(async () => {
    service = await startService();
    client = await demoClient(service);
    const added = await client.post(ADD, { provider: 'groq', key: 'gsk_0123456789abcdef', label: 'Mine' });
    expect(added.status).toBe(200);
  });
  afterAll(() => service?.stop());

  const attributes = async () => (await service.core.directory.findByEmail('starter@example.com'))?.attributes;

  async function refused(method: string, path: string, sent: Sent, status: number, code: string): Promise<string> {
    const before = await attributes();
    const reply = await client.send(method, path, sent);
    expectProblem(reply, status, code);
    expect(await attributes()).toEqual(before);
    return String(reply.detail);
  }
  const refusedAdd = (body: object, status: number, code: string): Promise<string> =>
    refused('POST', ADD, { json: body }, status, code);

  describe('in the fields of a key is refused with a sentence that names the field, and nothing is stored', () => {
    it.each(BAD_FIELDS)('%s', async (_title, fields, detail) => {
      expect(await refusedAdd({ provider: 'openai', key: KEY, ...fields }, 422, 'validation_failed')).toContain(detail);
    });

    it.each(BAD_KEYS)('a key with %s', async (_title, key, detail) => {
      expect(await refusedAdd({ provider: 'openai', key }, 422, 'validation_failed')).toContain(detail);
      expect(await refused('PATCH', `${API}/keys/groq`, { json: { key } }, 422, 'validation_failed')).toContain(detail);
      const test = `${API}/keys/test/openai`;
      expect(await refused('POST', test, { json: { key } }, 422, 'validation_failed')).toContain(detail);
    });

    it.each<[string, object, string]>([
      ['nothing', {}, 'Send at least one of label, enabled, key.'],
      ['enabled in words', { enabled: 'yes' }, 'enabled must be true or false.'],
      ['an endpoint without its key', { endpoint: 'https://llm.example.com' }, 'A stored key is never sent to another'],
    ])('%s in a change', async (_title, json, detail) => {
      expect(await refused('PATCH', `${API}/keys/groq`, { json }, 422, 'validation_failed')).toContain(detail);
    });

    it('custom without an endpoint', async () => {
      const detail = await refusedAdd({ provider: 'custom', key: KEY }, 422, 'validation_failed');
      expect(detail).toBe('Custom Endpoint needs an endpoint, such as https://llm.example.com/v1.');
    });

    it('every field that is wrong, one by one in `errors`', async () => {
      const reply = await client.post(ADD, { provider: 'openai', key: '', label: 7 });
      expect(reply.body).toMatchObject({
        errors: [
          { path: 'key', message: 'is empty' },
          { path: 'label', message: 'must be a string' },
        ],
      });
    });
  });

  it.each(BAD_ENDPOINTS)('an endpoint with %s is refused, and nothing is stored or asked', async (_title, endpoint) => {
    for (const provider of ['custom', 'openai']) {
      const detail = await refusedAdd({ provider, key: KEY, endpoint }, 422, 'endpoint_refused');
      expect(detail).toMatch(/^The endpoint must .*\.$/);
    }
    await refused('PATCH', `${API}/keys/groq`, { json: { key: KEY, endpoint } }, 422, 'endpoint_refused');
    await refused('POST', `${API}/keys/test/custom`, { json: { key: KEY, endpoint } }, 422, 'endpoint_refused');
  });

  it.each(['nope', 'OPENAI', '__proto__', 'constructor', 'openai_key', 'x'.repeat(300)])(
    'an unknown provider is 400 "Invalid provider" on every call that names one: %s',
    async (provider) => {
      expect(await refusedAdd({ provider, key: KEY }, 400, 'invalid_provider')).toBe('Invalid provider');
      const path = `${API}/keys/${provider}`;
      for (const [method, address, sent] of [
        ['DELETE', path, {}],
        ['PATCH', path, { json: { label: 'x' } }],
        ['POST', `${API}/keys/test/${provider}`, {}],
        ['POST', `${API}/keys/test/${provider}`, { json: { key: KEY } }],
      ] as const)
        expect(await refused(method, address, sent, 400, 'invalid_provider')).toBe('Invalid provider');
    },
  );

  it.each([
    ['broken', '{"provider": "openai", "key": '],
    ['not JSON', 'provider=openai'],
    ['with a prototype in it', '{"provider":"openai","key":"sk-0123456789","__proto__":{"enabled":true}}'],
    ['with a constructor in it', '{"provider":"openai","key":"sk-0123456789","constructor":{"prototype":{"x":1}}}'],
    ['compressed', Buffer.from('1f8b0800000000000003', 'hex')],
  ])('a JSON body that is %s is 400', async (_title, body) => {
    const detail = await refused('POST', ADD, { body, headers: JSON_TYPE }, 400, 'invalid_json');
    expect(detail).toBe('The request body is not valid JSON.');
  });

  it.each([
    ['nothing', undefined],
    ['null', 'null'],
    ['a list', '[]'],
    ['a string', '"sk-0123456789abcdef"'],
    ['a number', '7'],
    ['lists in lists', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
  ])('a body that is %s where an object is needed is 422', async (_title, body) => {
    const sent = body === undefined ? {} : { body, headers: JSON_TYPE };
    expect(await refused('POST', ADD, sent, 422, 'validation_failed')).toBe('The body must be a JSON object.');
  });

  it('a body of 1 MB is 413, announced or not', async () => {
    const body = Buffer.alloc(1024 * 1024, 'x');
    for (const path of [ADD, `${API}/keys/test/openai`, '/auth/demo', '/auth/logout']) {
      const detail = await refused('POST', path, { body, headers: JSON_TYPE }, 413, 'body_too_large');
      expect(detail).toBe('The request body is too large; 64 KiB is the limit.');
    }
    const chunked = Readable.from([body.subarray(0, 60_000), body.subarray(0, 60_000)]);
    await refused('POST', ADD, { body: chunked, headers: JSON_TYPE }, 413, 'body_too_large');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense', ''])(
    'a body with the content type "%s" is 415',
    async (type) => {
      const body = JSON.stringify({ provider: 'openai', key: KEY });
      const sent = { body, headers: type === '' ? {} : { 'content-type': type } };
      const detail = await refused('POST', ADD, sent, 415, 'unsupported_media_type');
      expect(detail).toBe('Send the body as JSON with Content-Type: application/json.');
    },
  );

  it.each([
    ['PUT', `${API}/keys`, 'GET, HEAD'],
    ['OPTIONS', `${API}/keys`, 'GET, HEAD'],
    ['PROPFIND', `${API}/keys`, 'GET, HEAD'],
    ['TRACE', `${API}/stats`, 'GET, HEAD'],
    ['QUERY', `${API}/stats`, 'GET, HEAD'],
    ['POST', `${API}/keys/openai`, 'DELETE, PATCH'],
    ['GET', `${API}/keys/test/openai`, 'POST'],
    ['GET', `${API}/keys/add`, 'POST'],
    ['PUT', '/auth/sessions', 'DELETE, GET, HEAD'],
    ['DELETE', '/healthz', 'GET, HEAD'],
    ['POST', '/docs/static/index.html', 'GET, HEAD'],
  ])('%s %s is 405, with the methods that would do', async (method, path, allow) => {
    const reply = await client.send(method, path);
    expectProblem(reply, 405, 'method_not_allowed');
    expect(reply.headers.allow).toBe(allow);
  });

  it('an address where nothing is, is 404 whatever is sent there', async () => {
    for (const body of ['nonsense', Buffer.alloc(1024 * 1024)])
      for (const type of ['text/plain', 'application/json', 'nonsense'])
        expectProblem(
          await client.send('POST', '/nothing', { body, headers: { 'content-type': type } }),
          404,
          'route_not_found',
        );
  });

  it.each(['/nothing', `${API}`, `${API}/key`, `${API}/keys/test/openai/more`, '/%zz', `${API}/keys/%c3%28`, '//'])(
    'an address where nothing is, is 404: %s',
    async (path) => {
      for (const method of ['GET', 'POST']) expectProblem(await client.send(method, path), 404, 'route_not_found');
    },
  );

  it.each(BAD_BYTES)('%s is 400 as a problem document, and the connection ends', async (_title, request) => {
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(request, 'latin1');
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 400 /);
    expect(head).toMatch(/content-type: application\/problem\+json/i);
    expect(JSON.parse(body)).toMatchObject({ status: 400, code: 'invalid_request', detail: expect.any(String) });
  });

  it('keys of 10 and of 4,096 characters and labels of 100 characters are fine', async () => {
    for (const [key, label] of [
      ['sk-4567890', 'x'.repeat(100)],
      [`sk-${'~a'.repeat(2046)}~`, '🔑'.repeat(100)],
      ['!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', 'Schlüssel für Käthe – 鍵'],
    ] as const) {
      expect((await client.post(ADD, { provider: 'openai', key, label })).status).toBe(200);
      const stored = (await client.get(`${API}/keys`)).body;
      expect(stored).toContainEqual(expect.objectContaining({ provider: 'openai', label, state: 'usable' }));
    }
  });

  it('nothing of all that left an error 500 or a line at error level behind', () => {
    expect(service.logs.filter((line) => /"level":"(error|fatal)"|"status":5\d\d/.test(line))).toEqual([]);
  });
});
