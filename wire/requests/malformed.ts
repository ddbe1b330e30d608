// Requests that are no good before anybody looks at what they want: bodies, types, addresses, sizes, and what is no HTTP.
import type { Recorder } from '../recorder.ts';
import { API, type Step } from '../step.ts';

const ADD = { method: 'POST', path: `${API}/keys/add`, as: 'starter' } as const;
const KEY = '{"provider":"openai","key":"sk-good-0123456789"}';
const typed = (name: string, type: string, body: string): Step => ({
  name,
  ...ADD,
  body,
  headers: { 'content-type': type },
});

const BODIES: readonly Step[] = [
  typed('broken JSON', 'application/json', '{"provider": "openai"'),
  typed('empty JSON', 'application/json', ''),
  typed('blank JSON', 'application/json', '  '),
  typed(
    'JSON with a prototype',
    'application/json',
    '{"__proto__":{"a":1},"provider":"openai","key":"sk-good-0123456789"}',
  ),
  typed(
    'JSON with a constructor',
    'application/json',
    '{"constructor":{"prototype":1},"provider":"openai","key":"sk-good-0123456789"}',
  ),
  typed('JSON with a mark of byte order', 'application/json', `\ufeff${KEY}`),
  typed('JSON with a charset', 'application/json; charset=utf-8', KEY),
  typed('JSON with an odd charset', 'application/json; charset=latin1', KEY),
  typed('JSON under another name', 'application/vnd.api+json', KEY),
  typed('JSON in capitals', 'Application/JSON', KEY),
  typed('a text', 'text/plain', KEY),
  typed('a form', 'application/x-www-form-urlencoded', 'provider=openai&key=sk-good-0123456789'),
  typed('a form of parts', 'multipart/form-data; boundary=x', '--x--'),
  typed('a type that is none', 'nonsense', KEY),
  typed('an empty body of another type', 'text/plain', ''),
  { name: 'a body without a type', ...ADD, body: KEY },
  { name: 'no body at all', ...ADD },
  typed(
    'a body that is too large',
    'application/json',
    JSON.stringify({ provider: 'openai', key: 'k'.repeat(70_000) }),
  ),
  typed('a body of the largest size', 'application/json', `{"provider":"openai","key":"${'k'.repeat(65_000)}"}`),
  typed('a compressed body', 'application/json', KEY),
  {
    ...typed('a body that says it is compressed', 'application/json', KEY),
    headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  },
  {
    name: 'a body that is too large, for nobody',
    method: 'POST',
    path: `${API}/keys/add`,
    body: 'x'.repeat(70_000),
    headers: { 'content-type': 'application/json' },
  },
];

const PATHS: readonly Step[] = [
  { name: 'an address that cannot be decoded', path: '/%zz' },
  { name: 'an address that is no UTF-8', path: `${API}/keys/%ff`, method: 'DELETE', as: 'starter' },
  { name: 'a provider of many letters', path: `${API}/keys/${'x'.repeat(300)}`, method: 'DELETE', as: 'starter' },
  {
    name: 'a provider of very many letters',
    path: `${API}/keys/${'x'.repeat(12_000)}`,
    method: 'DELETE',
    as: 'starter',
  },
  { name: 'an empty provider', path: `${API}/keys/`, method: 'DELETE', as: 'starter' },
  { name: 'a provider with a slash in it', path: `${API}/keys/open%2fai`, method: 'DELETE', as: 'starter' },
  { name: 'two slashes', path: `/${API}/keys`, as: 'starter' },
  { name: 'dots', path: `${API}/../byok/keys`, as: 'starter' },
  { name: 'capitals', path: '/API/V1/BYOK/keys', as: 'starter' },
  { name: 'a slash at the end', path: `${API}/keys/`, as: 'starter' },
  { name: 'a long query', path: `${API}/keys?q=${'x'.repeat(3000)}`, as: 'starter' },
  { name: 'an odd query', path: `${API}/keys?a[b]=1&a=2&%zz`, as: 'starter' },
  { name: 'an address in full', path: `http://localhost${API}/keys`, as: 'starter' },
  { name: 'an id of our own is not taken', path: '/healthz', headers: { 'x-request-id': 'mine' } },
  { name: 'another host', path: '/healthz', headers: { host: 'elsewhere.example' } },
  { name: 'another host for a call', path: `${API}/keys`, headers: { host: 'elsewhere.example' }, as: 'starter' },
  { name: 'another host for a page', path: '/', headers: { host: 'elsewhere.example', accept: 'text/html' } },
  {
    name: 'a forwarded host',
    path: '/healthz',
    headers: { 'x-forwarded-host': 'elsewhere.example', 'x-forwarded-proto': 'https' },
  },
];

export async function askMalformed(to: Recorder): Promise<void> {
  await to.all(BODIES);
  await to.all(PATHS);
  const start = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n';
  await to.raw('no HTTP', 'hello\r\n\r\n');
  await to.raw('a line that is no header', `${start}nonsense\r\n\r\n`);
  await to.raw('no host', 'GET /healthz HTTP/1.1\r\n\r\n');
  await to.raw('HTTP/1.0', 'GET /healthz HTTP/1.0\r\n\r\n');
  await to.raw('HTTP/3.0', 'GET /healthz HTTP/3.0\r\nHost: localhost\r\n\r\n');
  await to.raw('headers that are too large', `${start}X-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
  await to.raw('two lengths', `${start}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`);
  await to.raw('a length and chunks', `${start}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`);
  await to.raw('a length that is none', `${start}Content-Length: x\r\n\r\n`);
  await to.raw('a method that is none', 'G=T /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await to.raw('an upgrade', `${start}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, 500);
  await to.raw(
    'an expectation',
    `POST /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n`,
    500,
  );
  await to.raw('a tunnel', 'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n', 500);
}

/** Cut off after half a minute or a whole one: begins now, and is written down by what is returned. */
export const beginSlowRequest = (to: Recorder): (() => Promise<void>) =>
  to.rawLater('a head that never ends', 'POST /auth/logout HTTP/1.1\r\nHost: localhost\r\n', 90_000);
