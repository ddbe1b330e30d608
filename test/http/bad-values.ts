// What nobody should send: fields, keys, endpoints and bytes that are refused.

export const KEY = 'sk-0123456789abcdef';

/** What is wrong, the field, and what the answer says. */
export const BAD_FIELDS: readonly [string, Record<string, unknown>, string][] = [
  ['a key that is a number', { key: 12345678901 }, 'key must be a string.'],
  ['a key that is a list', { key: [KEY] }, 'key must be a string.'],
  ['a key that is an object', { key: { value: KEY } }, 'key must be a string.'],
  ['a key that is null', { key: null }, 'key must be a string.'],
  ['no key', { key: undefined }, 'key is missing.'],
  ['a provider that is a number', { provider: 7 }, 'provider must be a string.'],
  ['no provider', { provider: undefined }, 'provider is missing.'],
  ['a label that is a number', { label: 7 }, 'label must be a string.'],
  ['a label of 101 characters', { label: 'x'.repeat(101) }, 'label must have at most 100 characters.'],
  ['a label of 101 emoji', { label: '🔑'.repeat(101) }, 'label must have at most 100 characters.'],
  ['a label with a line break', { label: 'one\ntwo' }, 'label must not contain control characters.'],
  ['a label with half a character', { label: 'x\ud83d' }, 'label must be valid Unicode.'],
  ['an endpoint that is a number', { endpoint: 7 }, 'endpoint must be a string.'],
  ['an endpoint of 2,049 characters', { endpoint: `https://x.example/${'x'.repeat(2031)}` }, 'endpoint must have'],
];

/** What is wrong, the key, and what the answer says of it. */
export const BAD_KEYS: readonly [string, string, string][] = [
  ['spaces', 'sk-0123456789 abcdef', 'There is a space or a line break inside the key. Copy it again, in one piece.'],
  ['a space at the end', `${KEY} `, 'Send the key alone, without the spaces or line breaks around it.'],
  ['a line break at the end', `${KEY}\n`, 'Send the key alone, without the spaces or line breaks around it.'],
  ['a carriage return and a header', `${KEY}\r\nX-Evil: 1`, 'There is a space or a line break inside the key.'],
  ['a NUL', `${KEY}\0`, 'Send the key alone, without the invisible characters in it.'],
  ['a letter outside ASCII', `${KEY}é`, 'There is a character in it that keys do not have'],
  ['an emoji', `${KEY}🔑`, 'There is a character in it that keys do not have'],
  ['9 characters', 'sk-456789', 'The key must have at least 10 characters.'],
  ['4,097 characters', `sk-${'x'.repeat(4094)}`, 'key must have at most 4096 characters.'],
  ['no characters', '', 'key is empty.'],
];

export const BAD_ENDPOINTS: readonly [string, string][] = [
  ['http', 'http://llm.example.com/v1'],
  ['credentials', 'https://user:password@llm.example.com/v1'],
  ['loopback', 'https://127.0.0.1/v1'],
  ['loopback in decimal', 'https://2130706433/v1'],
  ['localhost', 'https://localhost/v1'],
  ['a private network', 'https://10.1.2.3/v1'],
  ['link-local IPv6', 'https://[fe80::1]/v1'],
  ['an IPv4 address within IPv6', 'https://[::ffff:127.0.0.1]/v1'],
  ['cloud metadata', 'https://169.254.169.254/latest'],
  ['an inside name', 'https://keycloak.internal/v1'],
  ['a bare name', 'https://redis/v1'],
  ['another port', 'https://llm.example.com:6379/v1'],
  ['a query', 'https://llm.example.com/v1?key=1'],
  ['no address at all', 'llm'],
];

/** No HTTP, or none that two readers would understand in the same way. */
export const BAD_BYTES: readonly [string, string][] = [
  ['a method that is none', 'FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'],
  [
    'length and chunks',
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['headers of 20 KB', `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`],
  ['a line break within a header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\nX-B : c\r\n\r\n'],
];
