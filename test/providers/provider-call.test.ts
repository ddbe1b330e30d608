import { describe, expect, test } from 'vitest';
import { type CallRules, type CallTarget, findCallTarget, providerRequest } from '../../src/providers/provider-call.ts';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { FORBIDDEN_ENDPOINTS } from '../support/providers/forbidden-endpoints.ts';
import { provider } from '../support/providers/probe-fixture.ts';

const RULES: CallRules = { ports: [443], allow: [], apiUrls: new Map() };
const ENDPOINT = 'https://llm.example.com/v1';

const find = (id: string, endpoint?: string, rules: Partial<CallRules> = {}) =>
  findCallTarget(provider(id), endpoint, { ...RULES, ...rules });

function target(...args: Parameters<typeof find>): CallTarget {
  const found = find(...args);
  if (!found.ok) throw new TypeError(`no target: ${found.problem}`);
  return found.target;
}

const where = (...args: Parameters<typeof find>): string => {
  const { host, base } = target(...args);
  return `${host} ${base}`;
};

describe('a call goes', () => {
  const withApi = [...PROVIDERS.values()].filter(({ api }) => api.url !== null);

  test.each(withApi.map(({ id, api }) => [id, api.url]))('to the table’s own URL of %s', (id, url) => {
    expect(where(id)).toBe(`provider ${url}`);
  });

  test('where the operator moved the API, which may be inside', () => {
    const apiUrls = new Map([['openai', 'http://10.0.0.7:8080/openai/v1//']]);
    expect(where('openai', undefined, { apiUrls })).toBe('provider http://10.0.0.7:8080/openai/v1');
    expect(where('groq', undefined, { apiUrls })).toBe('provider https://api.groq.com/openai/v1');
    expect(find('openai', 'http://10.0.0.7:8080/openai/v1', { apiUrls })).toMatchObject({ ok: true });
  });

  test('to the endpoint that was saved with the key, in its one spelling', () => {
    for (const id of ['openai', 'anthropic', 'custom'])
      expect(where(id, 'https://LLM.example.com:443/v1/')).toBe(`endpoint ${ENDPOINT}`);
  });

  test('to the provider’s own API where that is what the endpoint names', () => {
    expect(where('openai', 'https://api.openai.com/v1/')).toBe('provider https://api.openai.com/v1');
    const apiUrls = new Map([['openai', ENDPOINT]]);
    expect(where('openai', ENDPOINT, { apiUrls })).toBe(`provider ${ENDPOINT}`);
    // The table's URL is a stranger's once the operator named another.
    expect(where('openai', 'https://api.openai.com/v1', { apiUrls })).toBe('endpoint https://api.openai.com/v1');
  });

  test('nowhere without an endpoint, where the provider has no API of its own', () => {
    expect(find('custom')).toEqual({ ok: false, problem: 'no_endpoint' });
  });

  test(`to none of ${FORBIDDEN_ENDPOINTS.length} forbidden endpoints, each with a reason`, () => {
    for (const endpoint of FORBIDDEN_ENDPOINTS) {
      const found = find('custom', endpoint);
      expect({ endpoint, found }).toMatchObject({
        endpoint,
        found: { ok: false, problem: 'endpoint_refused', reason: expect.stringMatching(/^The endpoint must .+\.$/) },
      });
    }
  });
});

describe('a call carries', () => {
  test('the key as a bearer token, and nothing else that an API does not ask for', () => {
    const bearers = [...PROVIDERS.keys()].filter((id) => id !== 'anthropic');
    for (const id of bearers)
      expect(providerRequest(target(id, ENDPOINT), '/models', 'k-1')).toEqual({
        url: `${ENDPOINT}/models`,
        headers: { authorization: 'Bearer k-1' },
      });
  });

  test('the key and the version that Anthropic wants, at an endpoint in its place too', () => {
    const headers = { 'x-api-key': 'sk-ant-1', 'anthropic-version': '2023-06-01' };
    const url = 'https://api.anthropic.com/v1/messages';
    expect(providerRequest(target('anthropic'), '/messages', 'sk-ant-1')).toEqual({ url, headers });
    const elsewhere = providerRequest(target('anthropic', ENDPOINT), '/messages', 'sk-ant-1');
    expect(elsewhere).toEqual({ url: `${ENDPOINT}/messages`, headers });
  });
});
