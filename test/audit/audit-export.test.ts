import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvText } from '../../src/audit/audit-export.ts';

it.each([
  [null, ''],
  [7, '7'],
  ['plain', 'plain'],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\n=1', '"\'\n=1"'],
  ['=a,"b"', '"\'=a,""b"""'],
  ['two\nlines', '"two\nlines"'],
  ['a=b', 'a=b'],
  ['', ''],
  [-1, "'-1"],
])('the cell of %j is %s', (value, cell) => {
  expect(csvText([[value]])).toBe(`${cell}\r\n`);
});

it('rows of any text come out as RFC 4180 has them, and none as a formula', () => {
  const cell = fc.oneof(
    fc.constant(null),
    fc.integer(),
    fc.string({ unit: 'binary' }),
    // What matters here, close together.
    fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', '\t', '=', '+', '-', '@', "'", ';', ' ', '\u00e9', 'a') }),
  );
  const rows = fc.array(fc.array(cell, { minLength: 12, maxLength: 12 }), { maxLength: 5 });
  fc.assert(
    fc.property(rows, (some) => {
      expect(csvText(some)).toBe(some.map((row) => `${row.map(byHand).join(',')}\r\n`).join(''));
    }),
    { numRuns: 2_000 },
  );
});

function byHand(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  const harmless = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
