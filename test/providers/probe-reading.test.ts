import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../src/providers/probe-reading.ts';
import { answer, asked } from './probe-answers.ts';

// Answers that the fake providers do not give. What each real provider says is in test/providers/undici-provider-probe.test.ts.
const read = (id: string, statusCode: number, body: unknown, truncated = false): string => {
  const { status, reason, doubtful } = readAnswer(asked(id), answer(statusCode, body, { truncated }));
  return `${status} ${reason}${doubtful ? ' doubtful' : ''}`;
};

describe('a success', () => {
  test.each([
    ['', 'unknown unexpected_answer'],
    ['ok', 'unknown unexpected_answer'],
    ['"ok"', 'unknown unexpected_answer'],
    ['null', 'unknown unexpected_answer'],
    ['42', 'unknown unexpected_answer'],
    ['<!doctype html>', 'unknown unexpected_answer'],
    ['{"error": {"message": "no such model list"}}', 'unknown unexpected_answer'],
    ['{"error": null, "data": []}', 'valid ok'],
    ['{"data": []}', 'valid ok'],
    ['[]', 'unknown unexpected_answer'],
    ['{}', 'unknown unexpected_answer'],
    ['{"data": {}}', 'unknown unexpected_answer'],
    ['{"success": true}', 'unknown unexpected_answer'],
  ])('with the body %j reads as %s', (body, outcome) => {
    expect(read('openai', 200, body)).toBe(outcome);
  });

  test('whose body goes on counts by its beginning', () => {
    expect(read('together', 200, '[{"id": "a', true)).toBe('valid ok');
    expect(read('together', 200, ' \n{"data": [', true)).toBe('valid ok');
    expect(read('together', 200, '<html>', true)).toBe('unknown unexpected_answer');
    expect(read('cohere', 200, '{"valid": true, "more": "', true)).toBe('unknown unexpected_answer');
  });

  test('must say in so many words that the key is valid where the provider has a word for it', () => {
    for (const body of [{}, { valid: 'true' }, { valid: 1 }, { valid: null }, [true], { Valid: true }])
      expect(read('cohere', 200, body)).toBe('unknown unexpected_answer');
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

const anthropic = (message: string) => ({ type: 'error', error: { type: 'invalid_request_error', message } });

describe('an error', () => {
  test.each([
    // developers.openai.com/docs/guides/error-codes
    ['openai', 401, { error: { message: 'IP not authorized' } }, 'unknown cannot_verify'],
    [
      'openai',
      401,
      { error: 'You have insufficient permissions. Missing scopes: api.model.read.' },
      'valid restricted doubtful',
    ],
    [
      'openai',
      403,
      { error: 'You have insufficient permissions. Missing scopes: api.model.read.' },
      'valid restricted doubtful',
    ],
    [
      'openai',
      429,
      { error: { code: 'credit_balance_exhausted', type: 'insufficient_quota', message: 'no' } },
      'valid quota doubtful',
    ],
    // portkey.ai/error-library/account-billing-error-10155
    ['anthropic', 400, anthropic('Your credit balance is too low to access the API.'), 'valid quota doubtful'],
    ['anthropic', 400, anthropic('This organization has been disabled.'), 'invalid permission'],
    ['anthropic', 400, anthropic('bad'), 'unknown cannot_verify'],
    [
      'perplexity',
      400,
      { error: { message: 'Sonar is now the Agent API', type: 'gone' } },
      'unknown cannot_verify doubtful',
    ],
    ['custom', 400, { error: { message: 'API key not valid. Please pass a valid API key.' } }, 'invalid bad_key'],
    ['custom', 403, { message: 'Invalid API key' }, 'invalid bad_key'],
    ['custom', 403, { message: 'Forbidden' }, 'valid permission doubtful'],
    ['custom', 401, { detail: 'Unauthorized' }, 'invalid bad_key'],
    ['groq', 403, { error: { type: 'permissions_error', message: 'no' } }, 'valid permission doubtful'],
    ['groq', 404, { error: { type: 'invalid_request_error', message: 'no' } }, 'unknown cannot_verify doubtful'],
    ['groq', 405, { error: { type: 'invalid_request_error', message: 'no' } }, 'unknown cannot_verify doubtful'],
    ['groq', 410, { error: { type: 'invalid_request_error', message: 'no' } }, 'unknown cannot_verify doubtful'],
    ['groq', 408, '', 'error provider_error'],
    ['groq', 418, { error: { type: 'teapot', message: 'no' } }, 'unknown unexpected_answer'],
    ['groq', 422, { error: { type: 'invalid_request_error', message: 'no' } }, 'unknown unexpected_answer'],
    ['groq', 407, '', 'unknown unexpected_answer'],
    ['groq', 304, '', 'unknown unexpected_answer'],
    ['groq', 599, '', 'error provider_error'],
    // "quota" in HuggingFace's rate limit is about requests, not money.
    [
      'huggingface',
      429,
      { error: 'you hit the quota of 500 api requests per 5 minutes' },
      'valid rate_limited doubtful',
    ],
  ])('from %s with %d and %j reads as %s', (id, statusCode, body, outcome) => {
    expect(read(id, statusCode, body)).toBe(outcome);
  });

  test('is never read as invalid from 500 up, whatever it says', () => {
    for (let statusCode = 500; statusCode < 600; statusCode += 1)
      expect(read('openai', statusCode, { error: { code: 'invalid_api_key' } })).toBe('error provider_error');
  });

  test('of megabytes is read in no time', () => {
    for (const words of ['missing scope'.repeat(100_000), 'organization '.repeat(100_000), ' '.repeat(1_000_000)])
      expect(read('openai', 401, { error: { type: 'x', message: words } })).toMatch(/valid restricted|invalid bad_key/);
    expect(read('openai', 401, '{"error":{"message":"'.padEnd(300_000, 'x'), true)).toBe('unknown unexpected_answer');
  });
});
