import { expect, test } from 'vitest';
import { readBase, rootOf } from '../../ui/src/read-base.ts';

test.each([
  ['', ''],
  ['/', ''],
  ['/byok', '/byok'],
  ['/byok/', '/byok'],
  ['/platform/byok-2', '/platform/byok-2'],
  ['/a.b/c_d~e', '/a.b/c_d~e'],
])('%j is a base: %j', (text, base) => {
  expect(readBase(text)).toBe(base);
  const root = rootOf('https://here.example', base);
  // Whatever the <base> of the page around says.
  expect(new URL(`${root}/api`, 'https://evil.example').href).toBe(`https://here.example${base}/api`);
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

test.each(['http://localhost:8084', 'https://here.example', 'http://[::1]:8084'])('%s is an origin', (origin) => {
  expect(rootOf(origin, '')).toBe(origin);
});

test.each(['null', '', 'file://', 'data:', 'chrome-extension://abcdef', 'https://', 'https://here.example/'])(
  '%j is no origin to share with the service',
  (origin) => {
    expect(rootOf(origin, '/byok')).toBeUndefined();
  },
);
