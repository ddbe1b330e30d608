// When two addresses are one: as Keycloak 26.7.4 compares them (measured).
import { describe, expect, it } from 'vitest';
import { addressKey, isSameAddress } from '../../src/shared/email-address.ts';

describe('an email address', () => {
  it.each([
    ['ANN@EXAMPLE.com', 'ann@example.com', true],
    ['ann@example.com', 'ben@example.com', false],
    ['\u00C5KE@example.com', '\u00E5ke@example.com', true],
    ['\u0416@example.com', '\u0436@example.com', true],
    ['\u0394@example.com', '\u03B4@example.com', true],
    ['\u017Fam@example.com', 'sam@example.com', false],
    ['\u0131da@example.com', 'ida@example.com', false],
    ['\uFF21nn@example.com', 'ann@example.com', false],
    ['stra\u00DFe@example.com', 'strasse@example.com', false],
  ])('%s and %s are one: %s', (one, other, same) => {
    expect(isSameAddress(one, other)).toBe(same);
    expect(isSameAddress(other, one)).toBe(same);
    expect(addressKey(one) === addressKey(other)).toBe(same);
  });

  // Letters that have small ones for JavaScript, and not for every Keycloak: there, both may be accounts.
  it.each([
    ['\uA7DA', '\uA7DB'],
    ['\uA7CB', '\u0264'],
    ['\uA7DC', '\u019B'],
    ['\uA7C0', '\uA7C1'],
    ['\u2C2F', '\u2C5F'],
    ['\u1C89', '\u1C8A'],
    ['\u1E9E', '\u00DF'],
    ['\u0130', 'i\u0307'],
    ['\u03A3', '\u03C3'],
    ['\u03A3', '\u03C2'],
  ])('is remembered apart where only one of them may be meant: %s, %s', (capital, small) => {
    expect(addressKey(`x${capital}@example.com`)).not.toBe(addressKey(`x${small}@example.com`));
  });

  it('may be whom Keycloak has found, where it makes capitals small that are remembered as they are', () => {
    expect(isSameAddress('stra\u1E9Ee@example.com', 'stra\u00DFe@example.com')).toBe(true);
    expect(isSameAddress('\u0130da@example.com', 'i\u0307da@example.com')).toBe(true);
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
