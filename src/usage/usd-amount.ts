// Amounts of money, digit by digit: a floating-point number would lose some.

/** Room for every number that floating point knows, down to 5e-324. */
const MOST_DECIMALS = 400;
const MOST_WHOLE_DIGITS = 9;
const NUMBER = /^(-?)(\d{1,500})(?:\.(\d{1,500}))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * An amount in USD as JSON may write it (`0.0042`, `7.5e-05`, `1E2`), without an exponent. Undefined: no number, below zero, a
 * billion or more, or with more decimals than any program means.
 */
export function readUsdAmount(text: string): string | undefined {
  const [, sign, whole = '', decimals = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const digits = whole + decimals;
  if (!/[1-9]/.test(digits)) return '0';
  const point = whole.length + Number(exponent);
  if (sign === '-' || Math.abs(point) > digits.length + MOST_DECIMALS) return undefined;
  const padded = `${'0'.repeat(Math.max(0, -point))}${digits}`.padEnd(point, '0');
  const at = Math.max(0, point);
  const before = padded.slice(0, at).replace(/^0+/, '') || '0';
  const after = padded.slice(at).replace(/0+$/, '');
  if (before.length > MOST_WHOLE_DIGITS || after.length > MOST_DECIMALS) return undefined;
  return after === '' ? before : `${before}.${after}`;
}
