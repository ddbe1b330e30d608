// When a system key of the environment may take the place of the user's: every row of the tables, through every helper.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FALLBACK_AFTER_REFUSAL, FALLBACK_IN_AN_OUTAGE } from '../../clients/typescript/src/fallback.ts';
import { type ByokClient, ByokClientError } from '../../clients/typescript/src/index.ts';
import { NO_KEY_REASONS } from '../../src/release/released-key.ts';
import { EMAIL, failure, startClient } from './start-client.ts';
import { notReleased, problem, released } from './stub-key-service.ts';

const REFUSALS = {
  no_key: true,
  disabled: true,
  tier: true,
  unbound: true,
  undecryptable: true,
  user_not_found: false,
  user_disabled: false,
  email_unverified: false,
  email_ambiguous: false,
  a_reason_of_a_newer_service: false,
};
const OUTAGES = {
  unavailable: true,
  directory_unavailable: true,
  database_unavailable: true,
  audit_unavailable: true,
  not_ready: true,
  directory_misconfigured: false,
  internal: false,
  a_code_of_a_newer_service: false,
};
const env = {
  OPENAI_API_KEY: 'sk-system',
  ANTHROPIC_API_KEY: 'sk-system',
  HUGGINGFACE_TOKEN: 'sk-system',
  OTHER: 'sk-system',
};

/** Through each helper; all have to say the same. */
async function fallsBack(client: ByokClient): Promise<boolean> {
  const keys: (() => Promise<string>)[] = [
    () => client.getOpenaiKeyForUser(EMAIL),
    () => client.getAnthropicKeyForUser(EMAIL),
    () => client.getHuggingfaceTokenForUser(EMAIL),
    () => client.getUserApiKeyOrDefault(EMAIL, 'groq', 'OTHER'),
    async () => (await client.getKeyAndEndpointForUser(EMAIL, 'openai')).apiKey,
    async () => (await client.getLlmConfigForUser(EMAIL)).apiKey,
  ];
  const answers = new Set<boolean>();
  for (const key of keys) {
    const given = await key().catch((error: unknown) => {
      if (!(error instanceof ByokClientError)) throw error;
      return undefined;
    });
    expect([undefined, 'sk-system']).toContain(given);
    answers.add(given !== undefined);
  }
  expect(answers.size).toBe(1);
  return answers.has(true);
}

describe('the TypeScript client: system keys of the environment', () => {
  it('has a row for every reason of the service, as the Python client has', async () => {
    expect({ ...FALLBACK_AFTER_REFUSAL, a_reason_of_a_newer_service: false }).toEqual(REFUSALS);
    expect({ ...FALLBACK_IN_AN_OUTAGE, a_code_of_a_newer_service: false }).toEqual(OUTAGES);
    const rows = [...Object.keys(FALLBACK_AFTER_REFUSAL), 'directory_unavailable'];
    expect(rows.sort()).toEqual([...NO_KEY_REASONS].sort());
    const folder = join(import.meta.dirname, '../../clients/python/src/ops_center_byok_client');
    const python = await readFile(join(folder, '_fallback.py'), 'utf8');
    for (const [word, may] of Object.entries({ ...FALLBACK_AFTER_REFUSAL, ...FALLBACK_IN_AN_OUTAGE }))
      expect(python).toContain(`"${word}": ${may ? 'True' : 'False'},`);
  });

  it.each(Object.entries(REFUSALS))('after the refusal %s: %s', async (reason, may) => {
    const { stub, client } = await startClient(() => notReleased(reason), { env });
    expect(await fallsBack(client)).toBe(may);
    // Neither in an outage right afterwards, nor by a system key that the service gives without knowing who that is.
    stub.handler = () => problem(503, 'not_ready', {}, { 'retry-after': '0' });
    expect(await fallsBack(client)).toBe(may);
    const theirs = { api_key: 'sk-theirs', is_byok: false, reason: 'directory_unavailable', max_age_seconds: 0 };
    stub.handler = () => released(theirs);
    if (!may) expect(await failure(client.getLlmConfigForUser(EMAIL))).toMatchObject({ reason });
    // An answer that knows the account ends it.
    stub.handler = () => notReleased('no_key');
    expect(await fallsBack(client)).toBe(true);
    stub.handler = () => problem(503, 'not_ready', {}, { 'retry-after': '0' });
    expect(await fallsBack(client)).toBe(true);
  });

  it.each(Object.entries(OUTAGES))('in the outage %s: %s', async (code, may) => {
    const { client } = await startClient(() => problem(503, code, {}, { 'retry-after': '9' }), { env });
    expect(await fallsBack(client)).toBe(may);
  });

  it.each([301, 400, 401, 402, 403, 404, 409, 413, 422, 429])(
    'not for a %i, which is about the caller, or of another server',
    async (status) => {
      const { stub, client } = await startClient(() => problem(status, 'scope_required'), { env });
      expect(await fallsBack(client)).toBe(false);
      stub.handler = () => ({ status, text: '<html>' });
      expect(await fallsBack(client)).toBe(false);
    },
  );

  it('says null for an unknown user, and rejects where the account is in doubt', async () => {
    const { stub, client } = await startClient(() => notReleased('user_not_found'), { env });
    expect(await client.getUserApiKey(EMAIL, 'openai')).toBeNull();
    for (const reason of ['user_disabled', 'email_unverified', 'email_ambiguous']) {
      stub.handler = () => notReleased(reason);
      expect(await failure(client.getUserApiKey(EMAIL, 'openai'))).toMatchObject({ reason });
    }
  });
});
