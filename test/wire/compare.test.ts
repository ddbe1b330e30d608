import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRecordings, showDifferences } from '../../wire/compare.ts';
import { diffLines } from '../../wire/line-diff.ts';
import type { Json, Recording } from '../../wire/recording.ts';

const recordingOf = (seen: Readonly<Record<string, Json>>): Recording => ({
  commit: 'a commit',
  entries: Object.entries(seen).map(([name, each]) => ({ name, request: `GET /${name}`, seen: each })),
});

describe('two recordings', () => {
  it('that are the same have no difference', () => {
    expect(compareRecordings(recordingOf({ a: { status: 200 } }), recordingOf({ a: { status: 200 } }))).toEqual([]);
  });

  it.each([
    ['a status', { status: 200 }, { status: 404 }],
    ['a word of a message', { body: { json: { detail: 'No such key' } } }, { body: { json: { detail: 'No key' } } }],
    ['a header', { headers: {} }, { headers: { 'x-new': '1' } }],
    ['an audit row', { audit: [{ action: 'key.add' }] }, { audit: [{ action: 'key.new' }] }],
    ['an audit row more', { audit: [] }, { audit: [{ action: 'key.add' }] }],
    ['the order of fields', { body: { a: 1, b: 2 } }, { body: { b: 2, a: 1 } }],
    ['null in place of nothing', { body: {} }, { body: { a: null } }],
  ])('differ in %s', (_what, before, after) => {
    const differences = compareRecordings(recordingOf({ a: 1, b: before }), recordingOf({ a: 1, b: after }));
    expect(differences.map(({ name }) => name)).toEqual(['b']);
    expect(differences[0]?.lines.some((line) => /^[-+] /.test(line))).toBe(true);
  });

  it('differ in what only one of them has', () => {
    const differences = compareRecordings(recordingOf({ a: 1, b: 1 }), recordingOf({ b: 1, c: 1 }));
    expect(differences.map(({ name, lines }) => [name, lines[0]?.[0]])).toEqual([
      ['c', '+'],
      ['a', '-'],
    ]);
  });

  it('are shown with the request and the lines around, once where several differ alike', () => {
    const [before, after] = [
      { status: 200, b: 1 },
      { status: 404, b: 1 },
    ];
    const differences = compareRecordings(
      recordingOf({ one: before, two: 1, three: before }),
      recordingOf({ one: after, two: 2, three: after }),
    );
    expect(showDifferences(differences)).toEqual([
      'one\n  GET /one\n    {\n  -   "status": 200,\n  +   "status": 404,\n      "b": 1\n    }\n  The same in 1 more:\n    three',
      'two\n  GET /two\n  - 1\n  + 2',
    ]);
  });
});

it('lines that are taken away and added make one text of the other', () => {
  // So few that all of them are near a change.
  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const shown = diffLines(before, after);
      const without = (mark: string): string[] =>
        shown.filter((line) => !line.startsWith(mark)).map((line) => line.slice(2));
      const same = before.join() === after.join();
      expect(without('+')).toEqual(same ? [] : before);
      expect(without('-')).toEqual(same ? [] : after);
    }),
  );
});
