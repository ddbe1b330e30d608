// What the answer to a key that nobody has makes of the answer to a real one.
import { describe, expect, test } from 'vitest';
import { type ProbeAnswer, readAgain, readAnswer, readComparison } from '../../src/providers/probe-reading.ts';
import type { Verdict } from '../../src/providers/probe-verdicts.ts';
import { answer, asked } from './probe-answers.ts';

describe('after a junk key', () => {
  const no = { error: { message: 'no', type: 'x' } };
  const compare = (statusCode: number, body: unknown, junk: ProbeAnswer | undefined): Verdict =>
    readComparison(asked('custom'), readAnswer(asked('custom'), answer(statusCode, body)), junk);
  const outcome = (...given: Parameters<typeof compare>): string => {
    const { status, reason, statusCode, doubtful } = compare(...given);
    expect(doubtful).toBe(false);
    return `${status} ${reason} ${statusCode}`;
  };

  test('a yes counts where the junk key was refused', () => {
    for (const statusCode of [400, 401, 403]) expect(outcome(200, [], answer(statusCode, no))).toBe('valid ok 200');
    expect(outcome(200, [], answer(401, '', { contentType: 'text/html' }))).toBe('valid ok 200');
    expect(outcome(429, no, answer(401, no))).toBe('valid rate_limited 429');
    expect(outcome(402, no, answer(401, no))).toBe('valid billing 402');
    expect(outcome(403, no, answer(401, no))).toBe('valid permission 403');
  });

  test('a yes becomes "unknown" where the junk key was not refused', () => {
    const notRefused = [answer(200, []), answer(429, no), answer(500, no), answer(404, no), undefined];
    // A firewall's page about the second question is no refusal of a key.
    const page = answer(403, '<html>', { contentType: 'text/html' });
    for (const junk of [...notRefused, page]) expect(outcome(200, [], junk)).toBe('unknown cannot_verify 200');
    expect(outcome(403, no, answer(403, no))).toBe('unknown cannot_verify 403');
    expect(outcome(429, no, answer(429, no))).toBe('unknown cannot_verify 429');
    expect(outcome(402, no, answer(402, no))).toBe('unknown cannot_verify 402');
    expect(outcome(429, no, undefined)).toBe('unknown cannot_verify 429');
  });

  test('the message claims no more than was seen', () => {
    expect(compare(200, [], answer(200, [])).message).toMatch(/answers any key alike/);
    expect(compare(200, [], undefined).message).toMatch(/could not be found out/);
    expect(compare(200, [], answer(500, no)).message).toMatch(/could not be found out/);
    expect(compare(429, no, answer(429, no)).message).toMatch(/answers any key alike.*429/);
  });

  test('nothing at the address is a yes where only the junk key was refused', () => {
    expect(outcome(404, no, answer(401, no))).toBe('valid ok 404');
    expect(outcome(404, no, answer(404, no))).toBe('unknown cannot_verify 404');
    expect(outcome(404, no, undefined)).toBe('unknown cannot_verify 404');
  });

  test('a limit counts only where the first key still meets it when it is asked again', () => {
    const first = readAnswer(asked('openai'), answer(429, no));
    const compared = readComparison(asked('openai'), first, answer(401, no));
    expect(`${compared.status} ${compared.reason}`).toBe('valid rate_limited');
    const again = (second: ProbeAnswer | undefined): string => {
      const { status, reason, statusCode } = readAgain(asked('openai'), compared, first, second);
      return `${status} ${reason} ${statusCode}`;
    };
    expect(again(answer(429, no))).toBe('valid rate_limited 429');
    expect(again(answer(401, no))).toBe('invalid bad_key 401');
    expect(again(answer(200, { data: [] }))).toBe('valid ok 200');
    expect(again(answer(403, no))).toBe('unknown cannot_verify 403');
    expect(again(answer(500, no))).toBe('unknown cannot_verify 500');
    expect(again(answer(429, 'slow down', { contentType: 'text/plain' }))).toBe('unknown cannot_verify 429');
    expect(again(undefined)).toBe('unknown cannot_verify 429');
  });
});
