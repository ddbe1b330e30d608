// A key in a field that is shown and stored as it is: in the label, or in the endpoint.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

const KEY = 'sk-CaNaRy0123456789abcdef';
const STORED = 'StOrEd0123456789abcdefgh';
const OTHERS = ['hf_AbCdEfGh0123456789', 'gsk_AbCdEfGh0123456789', 'sk-ant-api03-AbCdEfGh0123456789'];

describe('a key in another field than its own', () => {
  let service: RunningService;
  let client: ApiClient;
  beforeAll(async () => {
    service = await startService();
    client = await demoClient(service, 'starter');
    await client.post(`${API}/keys/add`, { provider: 'cohere', key: STORED, label: 'Research' });
  });
  afterAll(() => service?.stop());
  const attributes = async () => (await service.core.directory.findByEmail('starter@example.com'))?.attributes;
  const add = (body: object) => client.post(`${API}/keys/add`, { provider: 'openai', key: KEY, ...body });
  const change = (body: object) => client.patch(`${API}/keys/cohere`, body);

  const LABELS = [KEY, `Production ${KEY}`, `"${KEY}"`, encodeURIComponent(`key=${KEY}`), ...OTHERS];
  const ENDPOINTS = [
    `https://llm.example.com/v1/${KEY}`,
    `https://${KEY}.example.com/v1`,
    `https://llm.example.com/${OTHERS[0]}/v1`,
  ];
  it.each([
    ...LABELS.map((label) => ['label', label, () => add({ label })] as const),
    ...[STORED, STORED.toUpperCase(), ...OTHERS].map((label) => ['label', label, () => change({ label })] as const),
    ['label', KEY, () => change({ label: KEY, key: KEY })] as const,
    ...ENDPOINTS.map((endpoint) => ['endpoint', endpoint, () => add({ endpoint })] as const),
    ['endpoint', ENDPOINTS[0], () => change({ key: KEY, endpoint: ENDPOINTS[0] })] as const,
    [
      'endpoint',
      ENDPOINTS[0],
      () => client.post(`${API}/keys/test/openai`, { key: KEY, endpoint: ENDPOINTS[0] }),
    ] as const,
  ])('is refused in the %s, and nothing is stored or repeated: %s', async (field, text, send) => {
    const before = await attributes();
    const reply = await send();
    expectProblem(reply, 422, 'validation_failed');
    expect(reply.body).toMatchObject({
      errors: [
        {
          path: field,
          message: `There is a key in the ${field}, which is shown and stored as it is. Leave the key out of it.`,
        },
      ],
    });
    expect(reply.text).not.toContain(String(text));
    expect(await attributes()).toEqual(before);
    expect(service.logs.join('')).not.toMatch(/canary|stored0|AbCdEfGh/i);
  });

  it.each([
    'Production',
    'sk-test',
    'hf_ for the model cards',
    'gsk',
    '7f1d0c7e-0e6b-4a8e-9d3e-3f0a4c0e5b11',
    'sk-my-favourite-long-label',
  ])('and a label that is one is taken: %s', async (label) => {
    expect(await change({ label })).toMatchObject({ status: 200, body: { label } });
  });
});
