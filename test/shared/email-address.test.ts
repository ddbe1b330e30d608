// When two addresses are one: as Keycloak 26.7.4 compares them (measured).
import { describe, expect, it } from 'vitest';
import { addressKey, isSameAddress } from '../../src/shared/email-address.ts';

describe('an email address', () => {
  it.each([
    ['ANN@EXAMPLE.com', 'ann@example.com', true],
    ['ann@example.com', 'ben@example.com', false],
    ['\u00C5KE@example.com', '\u00E5ke@example.com', true],
    ['\u0130da@example.com', 'i\u0307da@example.com', true],
    ['stra\u1E9Ee@example.com', 'stra\u00DFe@example.com', true],
    ['\u017Fam@example.com', 'sam@example.com', false],
    ['\u0131da@example.com', 'ida@example.com', false],
    ['\uFF21nn@example.com', 'ann@example.com', false],
    ['stra\u00DFe@example.com', 'strasse@example.com', false],
  ])('%s and %s are one: %s', (one, other, same) => {
    expect(isSameAddress(one, other)).toBe(same);
    expect(isSameAddress(other, one)).toBe(same);
    expect(addressKey(one) === addressKey(other)).toBe(same);
  });

  // The Kelvin and the Angstrom sign, and letters with their marks apart.
  it.each(['\u212Aate@example.com', 'kate@example.\u212Aom', '\u212Bke@example.com', 'a\u030Ake@example.com'])(
    'that is not in normal form C is nobody’s, and not even its own: %s',
    (address) => {
      expect(addressKey(address)).toBeUndefined();
      expect(isSameAddress(address, address)).toBe(false);
      expect(isSameAddress(address, address.normalize('NFC'))).toBe(false);
      expect(isSameAddress(address.normalize('NFC'), address)).toBe(false);
    },
  );
});
