import { describe, expect, it } from 'vitest';
import { cookieNames, cookieValues } from '../../src/http/cookie-header.ts';

describe('the values under a name in a Cookie header', () => {
  it.each<[string | undefined, string[]]>([
    [undefined, []],
    ['', []],
    ['id', []],
    ['idx', []],
    ['id=', ['']],
    ['id=a', ['a']],
    ['theme=dark; id=a', ['a']],
    ['id=a; theme=dark', ['a']],
    ['\t id=a', ['a']],
    ['id=a \t ', ['a']],
    ['id= a b ', [' a b']],
    ['id=a=b==', ['a=b==']],
    ['id="a"', ['"a"']],
    ['id=%61', ['%61']],
    ['id=a\nb', ['a\nb']],
    ['id=a;id=b;id=a', ['a', 'b']],
    ['id =a', []],
    ['ID=a', []],
    ['=id=a', []],
    ['x id=a', []],
    ['theme="x, id=a"', []],
  ])('in %j are %j', (header, values) => {
    expect(cookieValues(header, 'id')).toEqual(values);
  });
});

describe('the names in a Cookie header that begin so', () => {
  it.each<[string | undefined, string[]]>([
    [undefined, []],
    ['', []],
    ['theme=dark; xid_3=a', []],
    ['id_1=a; theme=dark;  id_2=b; id_1=c', ['id_1', 'id_2']],
    ['ID_1=a; id_', []],
  ])('in %j are %j', (header, names) => {
    expect(cookieNames(header, 'id_')).toEqual(names);
  });
});
