// Endpoints as people and services meet them: short keys, pasted addresses, this machine, and names that cannot be confirmed.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyWorld } from '../support/memory/key-world.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

describe('endpoints on the embedded default', () => {
  let service: RunningService;
  let client: ApiClient;
  /** As Ollama answers: everybody, whatever the key. */
  const ollama = createServer((request, response) => {
    const found = request.url === '/v1/models';
    response.writeHead(found ? 200 : 404, { 'content-type': found ? 'application/json' : 'text/plain' });
    response.end(found ? '{"object":"list","data":null}' : '404 page not found');
  });
  let local: string;
  beforeAll(async () => {
    await once(ollama.listen(0, '127.0.0.1'), 'listening');
    local = `http://localhost:${(ollama.address() as AddressInfo).port}/v1`;
    service = await startService({}, { confirmMs: 1_500 });
    client = await demoClient(service, 'starter');
  });
  afterAll(async () => {
    await service?.stop();
    ollama.close();
  });

  const add = (key: string, endpoint: string, provider = 'custom') =>
    client.post(`${API}/keys/add`, { provider, key, endpoint });
  const warningsOf = async (endpoint: string) =>
    ((await add('x', endpoint)).body as { warnings: readonly string[] }).warnings;

  it('take a program on this machine, say so, and test it', async () => {
    const reply = await add('x', local);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      key_preview: '****',
      warnings: [expect.stringMatching(/^This endpoint is on the machine of the service itself\..*embedded default/)],
    });
    expect((await client.get(`${API}/keys`)).body).toMatchObject([{ provider: 'custom', endpoint: local }]);
    expect((await client.post(`${API}/keys/test/custom`)).body).toMatchObject({
      status: 'unknown',
      message: 'The endpoint is reachable, but answers any key alike, so the key cannot be verified.',
    });
  });

  it('take keys of one character for `custom`, on every call, and for nobody else', async () => {
    expect((await add('x', local)).status).toBe(200);
    expect((await client.patch(`${API}/keys/custom`, { key: 'y' })).status).toBe(200);
    expect((await client.post(`${API}/keys/test/custom`, { key: 'z', endpoint: local })).status).toBe(200);
    for (const key of ['', ' ', 'a b', 'ä', 'x'.repeat(4097)])
      expectProblem(await add(key, local), 422, 'validation_failed');
    const short = { key: 'sk-345678' };
    expect((await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789' })).status).toBe(200);
    for (const reply of [
      await client.post(`${API}/keys/add`, { provider: 'openai', ...short }),
      await client.post(`${API}/keys/test/openai`, short),
      await client.patch(`${API}/keys/openai`, short),
    ]) {
      expectProblem(reply, 422, 'validation_failed');
      expect((reply.body as { detail: string }).detail).toMatch(/\b10\b/);
    }
  });

  it('that are the address of one call are stored with the base address that was probably meant', async () => {
    await client.delete(`${API}/keys/openai`);
    for (const call of ['/chat/completions', '/models', '/v1', '/chat/completions/'])
      expect(await warningsOf(`${local}${call}`)).toContain(
        `The endpoint should be the base address, to which clients add the call. Did you mean ${local}?`,
      );
    expect(await warningsOf(local)).toHaveLength(1);
  });

  it('whose name does not resolve are stored, with a word about it on every call that saves one', async () => {
    const word = expect.stringMatching(
      /^The host name of the endpoint could not be confirmed.*CUSTOM_ENDPOINT_ALLOW\.$/,
    );
    const endpoint = 'https://nowhere.invalid/v1';
    expect(await warningsOf(endpoint)).toEqual([word]);
    expect((await client.patch(`${API}/keys/custom`, { key: 'y' })).body).toMatchObject({ warnings: [word] });
    expect((await client.patch(`${API}/keys/custom`, { key: 'y', endpoint })).body).toMatchObject({ warnings: [word] });
    expect((await client.patch(`${API}/keys/custom`, { label: 'Mine' })).body).not.toHaveProperty('warnings');
  });

  it('are refused with everything that is wrong, the variables and the address that would do', async () => {
    const reply = await add('x', 'http://:secret@10.0.0.5:11434/v1?x=1');
    expectProblem(reply, 422, 'endpoint_refused');
    expect(reply.body).toMatchObject({
      errors: Array.from({ length: 5 }, () => ({
        path: 'endpoint',
        message: expect.stringMatching(/^The endpoint must /),
      })),
      detail: expect.stringMatching(/https:.*user name.*query.*CUSTOM_ENDPOINT_PORTS.*CUSTOM_ENDPOINT_ALLOW/),
    });
    expect(JSON.stringify(reply.body)).not.toContain('secret');
    const near = await add('x', 'http://llm.example.com/v1/chat/completions');
    expectProblem(near, 422, 'endpoint_refused');
    expect(near.body).toMatchObject({
      detail: expect.stringMatching(/; https:\/\/llm\.example\.com\/v1 would be accepted\.$/),
    });
  });
});

it('names that cannot be confirmed are said to the owner once the key is stored, never in place of storing it', async () => {
  const { add, change, confirmed, fields } = createKeyWorld();
  confirmed.set('https://inside.example.com/v1', false);
  const { warnings } = await add('custom', 'x', { endpoint: 'https://inside.example.com/v1' });
  expect(warnings).toEqual([expect.stringMatching(/could not be confirmed/)]);
  expect(fields('custom').endpoint).toEqual(['https://inside.example.com/v1']);
  expect((await change('custom', { key: 'y' })).warnings).toEqual(warnings);
  expect((await change('custom', { key: 'y', endpoint: 'https://llm.example.com/v1' })).warnings).toEqual([]);
  expect((await change('custom', { enabled: false })).warnings).toEqual([]);
});
