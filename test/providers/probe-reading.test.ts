import { describe, expect, test } from 'vitest';
import { type ProbeAnswer, readAnswer, readComparison, type Verdict } from '../../src/providers/probe-reading.ts';
import { PROVIDERS, type ProbeRow } from '../../src/providers/provider-table.ts';

// Answers that the fake providers do not give. What each real provider says is in test/providers/undici-provider-probe.test.ts.
const row = (id: string): ProbeRow => {
  const provider = PROVIDERS.get(id);
  if (provider === undefined) throw new TypeError(`no provider ${id}`);
  return provider.probe;
};
const answer = (statusCode: number, body: unknown, truncated = false): ProbeAnswer => ({
  statusCode,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  truncated,
});
const read = (id: string, statusCode: number, body: unknown, truncated = false): string => {
  const { status, reason, doubtful } = readAnswer('X', row(id), answer(statusCode, body, truncated));
  return `${status} ${reason}${doubtful ? ' doubtful' : ''}`;
};

describe('a success', () => {
  test.each([
    ['', 'error unexpected_answer'],
    ['ok', 'error unexpected_answer'],
    ['"ok"', 'error unexpected_answer'],
    ['null', 'error unexpected_answer'],
    ['42', 'error unexpected_answer'],
    ['<!doctype html>', 'error unexpected_answer'],
    ['{"error": {"message": "no such model list"}}', 'error unexpected_answer'],
    ['{"error": null, "data": []}', 'valid ok'],
    ['[]', 'valid ok'],
    ['{}', 'valid ok'],
  ])('with the body %j reads as %s', (body, outcome) => {
    expect(read('openai', 200, body)).toBe(outcome);
  });

  test('whose body goes on counts by its beginning', () => {
    expect(read('together', 200, '[{"id": "a', true)).toBe('valid ok');
    expect(read('together', 200, ' \n{"data": [', true)).toBe('valid ok');
    expect(read('together', 200, '<html>', true)).toBe('error unexpected_answer');
    expect(read('cohere', 200, '{"valid": true, "more": "', true)).toBe('error unexpected_answer');
  });

  test('must say in so many words that the key is valid where the provider has a word for it', () => {
    for (const body of [{}, { valid: 'true' }, { valid: 1 }, { valid: null }, [true], { Valid: true }])
      expect(read('cohere', 200, body)).toBe('error unexpected_answer');
    expect(read('cohere', 200, { valid: false })).toBe('invalid bad_key');
    expect(read('cohere', 200, { valid: true })).toBe('valid ok');
  });
});

describe('a HuggingFace token', () => {
  const whoami = (accessToken: object) => read('huggingface', 200, { auth: { accessToken } });
  const right = 'inference.serverless.write';

  test('may call as read, write or fine-grained with the permission, for everything or in a scope', () => {
    expect(whoami({ role: 'read' })).toBe('valid ok');
    expect(whoami({ role: 'write' })).toBe('valid ok');
    expect(whoami({ role: 'fineGrained', fineGrained: { global: [right], scoped: [] } })).toBe('valid ok');
    const scoped = [{ permissions: ['repo.content.read'] }, { permissions: [right] }];
    expect(whoami({ role: 'fineGrained', fineGrained: { global: [], scoped } })).toBe('valid ok');
  });

  test('is restricted as fine-grained without it, in whatever shape', () => {
    for (const fineGrained of [undefined, null, {}, { global: right }, { scoped: [null, { permissions: {} }] }])
      expect(whoami({ role: 'fineGrained', fineGrained })).toBe('valid restricted');
  });
});

describe('an error', () => {
  test.each([
    // developers.openai.com/docs/guides/error-codes
    ['openai', 401, { error: { message: 'IP not authorized' } }, 'unknown cannot_verify'],
    [
      'openai',
      401,
      { error: 'You have insufficient permissions. Missing scopes: api.model.read.' },
      'valid restricted',
    ],
    [
      'openai',
      403,
      { error: 'You have insufficient permissions. Missing scopes: api.model.read.' },
      'valid restricted',
    ],
    ['openai', 429, { error: { code: 'credit_balance_exhausted' } }, 'valid quota'],
    // portkey.ai/error-library/account-billing-error-10155
    ['anthropic', 400, { error: { message: 'Your credit balance is too low to access the API.' } }, 'valid quota'],
    ['anthropic', 400, { error: { message: 'This organization has been disabled.' } }, 'invalid permission'],
    ['anthropic', 400, {}, 'unknown cannot_verify'],
    ['perplexity', 400, { error: { message: 'Sonar is now the Agent API' } }, 'unknown cannot_verify doubtful'],
    ['custom', 400, { error: { message: 'API key not valid. Please pass a valid API key.' } }, 'invalid bad_key'],
    ['custom', 403, { message: 'Invalid API key' }, 'invalid bad_key'],
    ['custom', 403, { message: 'Forbidden' }, 'valid permission doubtful'],
    ['groq', 403, { error: { type: 'permissions_error' } }, 'valid permission'],
    ['groq', 403, '<html>', 'error unexpected_answer'],
    ['groq', 401, '', 'invalid bad_key'],
    ['groq', 404, '', 'unknown cannot_verify doubtful'],
    ['groq', 405, '', 'unknown cannot_verify doubtful'],
    ['groq', 410, '', 'unknown cannot_verify doubtful'],
    ['groq', 408, '', 'error provider_error'],
    ['groq', 418, '', 'error unexpected_answer'],
    ['groq', 422, '', 'error unexpected_answer'],
    ['groq', 304, '', 'error unexpected_answer'],
    ['groq', 599, '', 'error provider_error'],
    // "quota" in HuggingFace's rate limit is about requests, not money.
    ['huggingface', 429, { error: 'you hit the quota of 500 api requests per 5 minutes' }, 'valid rate_limited'],
  ])('from %s with %d and %j reads as %s', (id, statusCode, body, outcome) => {
    expect(read(id, statusCode, body)).toBe(outcome);
  });

  test('is never read as invalid from 500 up, whatever it says', () => {
    for (let statusCode = 500; statusCode < 600; statusCode += 1)
      expect(read('openai', statusCode, { error: { code: 'invalid_api_key' } })).toBe('error provider_error');
  });

  test('of megabytes is read in no time', () => {
    for (const body of ['missing scope'.repeat(100_000), 'organization '.repeat(100_000), ' '.repeat(1_000_000)])
      expect(read('openai', 401, body)).toMatch(/valid restricted|invalid bad_key/);
  });
});

describe('after a junk key', () => {
  const compare = (statusCode: number, body: unknown, junk: ProbeAnswer | undefined): Verdict =>
    readComparison('X', row('custom'), readAnswer('X', row('custom'), answer(statusCode, body)), junk);
  const outcome = (...given: Parameters<typeof compare>): string => {
    const { status, reason, statusCode, doubtful } = compare(...given);
    expect(doubtful).toBe(false);
    return `${status} ${reason} ${statusCode}`;
  };

  test('a yes stands where the junk key was refused', () => {
    for (const statusCode of [400, 401, 403]) expect(outcome(200, [], answer(statusCode, {}))).toBe('valid ok 200');
    expect(outcome(429, {}, answer(401, {}))).toBe('valid rate_limited 429');
    expect(outcome(403, {}, answer(401, {}))).toBe('valid permission 403');
  });

  test('a yes becomes "unknown" where the junk key was not refused', () => {
    for (const junk of [answer(200, []), answer(429, {}), answer(500, {}), answer(404, {}), undefined])
      expect(outcome(200, [], junk)).toBe('unknown cannot_verify 200');
    expect(outcome(403, {}, answer(403, {}))).toBe('unknown cannot_verify 403');
    expect(outcome(429, {}, answer(429, {}))).toBe('unknown cannot_verify 429');
  });

  test('the message claims no more than was seen', () => {
    expect(compare(200, [], answer(200, [])).message).toMatch(/answers any key alike/);
    expect(compare(200, [], undefined).message).toMatch(/could not be found out/);
    expect(compare(200, [], answer(500, {})).message).toMatch(/could not be found out/);
  });

  test('nothing at the address is a yes where only the junk key was refused', () => {
    expect(outcome(404, {}, answer(401, {}))).toBe('valid ok 404');
    expect(outcome(404, {}, answer(404, {}))).toBe('unknown cannot_verify 404');
    expect(outcome(404, {}, undefined)).toBe('unknown cannot_verify 404');
  });
});
