import { expect, it } from 'vitest';
import { csvCell } from '../../src/audit/audit-export.ts';

it.each([
  [null, ''],
  [7, '7'],
  ['plain', 'plain'],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['=a,"b"', '"\'=a,""b"""'],
  ['two\nlines', '"two\nlines"'],
  ['a=b', 'a=b'],
])('the cell of %j is %s', (value, cell) => {
  expect(csvCell(value)).toBe(cell);
});
