import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ByokUnavailableError, createByokClient } from '../../clients/typescript/src/index.ts';
import { freePort } from '../support/servers/server-process.ts';
import { EMAIL, failure, startClient, TOKEN } from './start-client.ts';
import { problem, released } from './stub-key-service.ts';

describe('the TypeScript client: failures', () => {
  it('tries once more after a cut connection or a 503 that says soon', async () => {
    const { stub, client } = await startClient((n) => (n === 1 ? { cut: true } : released()));
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBe('sk-users-own-key');
    expect(stub.seen).toHaveLength(2);
    const answers = [problem(503, 'audit_unavailable', {}, { 'retry-after': '0' }), released()];
    stub.handler = () => answers.shift() ?? { status: 500 };
    expect(await client.getUserApiKey(EMAIL, 'groq')).toBe('sk-users-own-key');
    expect(stub.seen).toHaveLength(4);
  });

  it('tries twice and no more, and not at all after a 503 that asks for a long wait or a 500', async () => {
    const { stub, client } = await startClient(() => ({ cut: true }));
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'unavailable' });
    expect(stub.seen).toHaveLength(2);
    stub.handler = () => problem(503, 'directory_unavailable', {}, { 'retry-after': '5' });
    const error = await failure(client.getUserApiKey(EMAIL, 'openai'));
    expect(error).toBeInstanceOf(ByokUnavailableError);
    expect(error).toMatchObject({ code: 'directory_unavailable', status: 503, retryAfter: 5, requestId: 'req-1' });
    expect(stub.seen).toHaveLength(3);
    stub.handler = () => problem(500, 'internal');
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'internal' });
    expect(stub.seen).toHaveLength(4);
  });

  it('gives up at its time limit, also where an answer stops half-way, and then takes the system key', async () => {
    const env = { OPENAI_API_KEY: 'sk-system' };
    const { stub, client } = await startClient(() => new Promise<never>(() => undefined), { timeoutMs: 150, env });
    expect(await client.getOpenaiKeyForUser(EMAIL)).toBe('sk-system');
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({
      code: 'unavailable',
      message: 'The key service did not answer in time.',
    });
    stub.handler = () => ({ text: '{"api_key": "sk-', headers: { 'content-length': '1000' } });
    expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ code: 'unavailable' });
  });

  it('says why nobody answers', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const client = createByokClient({ url, serviceToken: TOKEN, env: {} });
    expect(await failure(client.getOpenaiKeyForUser(EMAIL))).toMatchObject({
      message: 'The key service cannot be reached (ECONNREFUSED). OPENAI_API_KEY is not set either.',
    });
  });

  it('shows neither key nor token, whatever is printed', async () => {
    const { stub, client } = await startClient(() => released({ api_key: 'sk-canary-key-987654321' }));
    await client.getUserApiKey(EMAIL, 'openai');
    const shown = [client];
    stub.handler = () => released({ api_key: 'sk-canary-key-987654321', provider: 7 });
    shown.push((await failure(client.getUserApiKey(EMAIL, 'groq'))) as never);
    stub.handler = () => ({ cut: true });
    shown.push((await failure(client.getUserApiKey(EMAIL, 'cohere'))) as never);
    expect.assertions(5);
    try {
      createByokClient({ url: stub.url, serviceToken: `${TOKEN}\r\nx`, env: {} });
    } catch (error) {
      shown.push(error as never);
      expect((error as Error).message).toContain('BYOK_SERVICE_TOKEN has characters no token has');
    }
    for (const value of shown)
      expect(`${inspect(value, { depth: 9, showHidden: true })}${JSON.stringify(value)}`).not.toMatch(/canary/);
  });
});
