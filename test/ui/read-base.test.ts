import { expect, test } from 'vitest';
import { readBase } from '../../ui/src/read-base.ts';

test.each([
  ['', ''],
  ['/', ''],
  ['/byok', '/byok'],
  ['/byok/', '/byok'],
  ['/platform/byok-2', '/platform/byok-2'],
  ['/a.b/c_d~e', '/a.b/c_d~e'],
])('%j is a base: %j', (text, base) => {
  expect(readBase(text)).toBe(base);
  expect(new URL(`${base}/api`, 'https://here.example').href).toBe(`https://here.example${base}/api`);
});

test.each([
  'https://evil.example',
  'http://evil.example/byok',
  'HTTPS://evil.example',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '\\evil.example',
  '/\t/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '\n/byok',
  '/byok\n',
  'javascript:alert(1)',
  'data:text/html,x',
  'blob:https://here.example/1',
  'evil.example',
  'byok',
  './byok',
  '../byok',
  '/../byok',
  '/byok/..',
  '/byok/../../x',
  '/./byok',
  '/byok//evil.example',
  '/byok//',
  '//',
  '/byok?x=1',
  '/byok#x',
  '/byok@evil.example',
  '@evil.example',
  ':8080',
  '/%2f%2fevil.example',
  '/%5cevil.example',
  '/by ok',
  '/büro',
])('%j is no base', (text) => {
  expect(readBase(text)).toBeUndefined();
});
