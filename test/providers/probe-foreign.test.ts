// Answers that were not written by the API that was asked.
import { describe, expect, test } from 'vitest';
import { type ProbeAnswer, readAnswer } from '../../src/providers/probe-reading.ts';
import { PROVIDERS } from '../../src/providers/provider-table.ts';
import { foreignAnswers } from './foreign-answers.ts';
import { answer, asked } from './probe-answers.ts';

const readOne = (id: string, given: ProbeAnswer): string => {
  const { status, reason } = readAnswer(asked(id), given);
  return `${status} ${reason}`;
};

describe('what no API of a provider writes', () => {
  const STATUSES = [200, 204, 302, 400, 401, 402, 403, 404, 407, 418, 429];
  const ids = [...PROVIDERS.keys()];
  const cases = ids.flatMap((id) => STATUSES.map((statusCode) => [id, statusCode] as const));

  test.each(cases)('says nothing about a key of %s, with %d', (id, statusCode) => {
    // An endpoint of somebody's own may say yes in any JSON: the question with a junk key is what counts there.
    const own = id === 'custom' && statusCode < 300;
    for (const [what, given, seen] of foreignAnswers(statusCode)) {
      if (own && /^(empty JSON|a list|a proxy|a fault)/.test(what)) continue;
      // This row's success is any list.
      if (id === 'together' && statusCode < 300 && what === 'a list') continue;
      const read = readAnswer(asked(id), given);
      expect(`${what}: ${read.status} ${read.reason} ${read.doubtful}`).toBe(
        `${what}: unknown unexpected_answer false`,
      );
      expect(read.message).toContain(`${statusCode} with ${seen}`);
    }
  });

  test('is a fault of the provider or of the way there from 500 up, and is named too', () => {
    for (const statusCode of [408, 500, 502, 503, 504, 520, 529])
      for (const [what, given, seen] of foreignAnswers(statusCode)) {
        const read = readAnswer(asked('openai'), given);
        expect(`${what}: ${read.status} ${read.reason}`).toBe(`${what}: error provider_error`);
        expect(read.message).toContain(`${statusCode} with ${seen}`);
      }
  });

  test('is never repeated: a header or a body may hold the key', () => {
    const key = 'sk-cAnArY0123456789';
    for (const statusCode of [200, 401, 429, 503]) {
      const { message } = readAnswer(asked('openai'), answer(statusCode, key, { contentType: `text/${key}` }));
      expect(message).not.toContain('cAnArY');
      expect(message).toContain('something that is not JSON');
    }
  });

  test('names what Perplexity’s web server also does, and calls no key wrong for it', () => {
    const page = answer(401, '<html><head><title>401 Authorization Required</title></head></html>', {
      contentType: 'text/html',
    });
    expect(readAnswer(asked('perplexity'), page).message).toBe(
      'X answered 401 with HTML, which is not how its API answers, so the key could not be checked. Its web server has answered wrong keys so too: if others work from here, the key is wrong.',
    );
    expect(readAnswer(asked('openai'), page).message).not.toMatch(/web server/);
  });
});

describe('a content type', () => {
  const refusal = { error: { message: 'Incorrect API key provided', type: 'invalid_request_error' } };
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON;CHARSET=UTF-8',
    ' application/json ',
    'text/json',
    'application/problem+json',
    'application/vnd.api+json; version=1',
  ])('%j is JSON', (contentType) => {
    expect(readOne('openai', answer(401, refusal, { contentType }))).toBe('invalid bad_key');
    expect(readOne('openai', answer(200, { data: [] }, { contentType }))).toBe('valid ok');
  });

  test.each([
    'text/plain',
    'application/jsonp',
    'application/json-seq',
    'text/html',
    'json',
    '',
    'application/x-ndjson',
  ])('%j is not', (contentType) => {
    expect(readOne('openai', answer(401, refusal, { contentType }))).toBe('unknown unexpected_answer');
    expect(readOne('openai', answer(200, { data: [] }, { contentType }))).toBe('unknown unexpected_answer');
  });
});
