import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { earlierBeside, readTestReason, writeTestReason } from '../../src/users/test-reason.ts';

const AT = '2026-11-22T10:00:00.000Z';
const VALID = { lastTested: AT, testStatus: 'valid', testReason: 'ok' };

describe('the reason of a test', () => {
  it.each([
    undefined,
    'ok',
    'cannot_verify',
    'x; before: ',
    'x; before: error timeout -',
    'x; before: valid ok today',
    'a b',
  ])('%j alone is read and written as it is', (text) => {
    expect(readTestReason(text)).toEqual({ testReason: text });
    expect(writeTestReason(readTestReason(text))).toBe(text);
  });

  it('comes back with the earlier test that stands beside it', () => {
    const word = fc.stringMatching(/^[a-z_]{1,20}$/);
    const earlier = fc.record({
      status: fc.constantFrom('valid' as const, 'invalid' as const),
      reason: fc.option(word, { nil: undefined }),
      at: fc.constantFrom(AT, undefined),
    });
    fc.assert(
      fc.property(word, fc.option(earlier, { nil: undefined }), (testReason, earlierTest) => {
        const text = writeTestReason({ testReason, earlierTest });
        expect(readTestReason(text)).toEqual({ testReason, earlierTest });
        expect(text?.length).toBeLessThan(255);
      }),
    );
  });
});

describe('beside a new result', () => {
  it('stays what the last test said, if it said something', () => {
    for (const status of ['unknown', 'error'])
      expect(earlierBeside(status, VALID)).toEqual({ status: 'valid', reason: 'ok', at: AT });
    expect(earlierBeside('unknown', { ...VALID, testStatus: 'invalid', testReason: undefined })).toMatchObject({
      status: 'invalid',
      reason: undefined,
    });
  });

  it('stays what stood beside the last, if that said nothing either', () => {
    const earlierTest = { status: 'valid', reason: 'ok', at: AT } as const;
    const before = { lastTested: AT, testStatus: 'unknown', testReason: 'cannot_verify', earlierTest };
    expect(earlierBeside('error', before)).toEqual(earlierTest);
    expect(earlierBeside('error', { ...before, earlierTest: undefined })).toBeUndefined();
    // The old service writes a status and leaves the reason of another.
    expect(earlierBeside('unknown', { ...VALID, earlierTest })).toEqual({ status: 'valid', reason: 'ok', at: AT });
  });

  it('stays nothing where the new one says something', () => {
    for (const status of ['valid', 'invalid']) expect(earlierBeside(status, VALID)).toBeUndefined();
  });
});
