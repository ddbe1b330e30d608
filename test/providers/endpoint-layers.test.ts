// Each rule of the endpoint policy alone: an address that is fine but for one thing, and what is said of several at once.
import { describe, expect, test } from 'vitest';
import { didYouMean } from '../../src/providers/endpoint-hint.ts';
import { checkEndpoint, type EndpointRules } from '../../src/providers/endpoint-policy.ts';

const RULES: EndpointRules = { ports: [443, 8443], allow: [] };
const reasonsOf = (text: string, rules = RULES): readonly string[] => {
  const check = checkEndpoint(text, rules);
  return check.ok ? [] : check.reasons;
};

const CREDENTIALS = 'The endpoint must not contain a user name or password.';
const QUERY = 'The endpoint must not contain a query or a fragment (? or #).';
const PORTS = 'The endpoint must use one of these ports: 443, 8443 (an operator can add one: CUSTOM_ENDPOINT_PORTS).';
const INSIDE =
  'The endpoint must be on the public internet, but leads inside a network (an operator can allow it: CUSTOM_ENDPOINT_ALLOW).';
const HTTPS = 'The endpoint must be an address that begins with https://, such as https://llm.example.com/v1.';
const UNUSUAL = 'The endpoint must not contain spaces, backslashes, control characters or letters outside ASCII.';

describe('one thing alone is refused, and nothing else is said', () => {
  test.each([
    ['https://:secret@llm.example.com/v1', CREDENTIALS],
    ['https://user@llm.example.com/v1', CREDENTIALS],
    ['https://user:@llm.example.com/v1', CREDENTIALS],
    ['https://user:secret@llm.example.com/v1', CREDENTIALS],
    ['https://%20:secret@llm.example.com/v1', CREDENTIALS],
    ['https://llm.example.com/v1?x=1', QUERY],
    ['https://llm.example.com/v1?', QUERY],
    ['https://llm.example.com/v1#x', QUERY],
    ['https://llm.example.com/v1#', QUERY],
    ['https://llm.example.com:444/v1', PORTS],
    ['https://llm.example.com:80/v1', PORTS],
    ['http://llm.example.com/v1', HTTPS],
    ['http://llm.example.com:8443/v1', HTTPS],
    ['//llm.example.com/v1', HTTPS],
    ['llm.example.com/v1', HTTPS],
    ['https://10.0.0.1/v1', INSIDE],
    ['https://[fd00::1]/v1', INSIDE],
    ['https://169.254.169.254/v1', INSIDE],
    ['https://keycloak/v1', INSIDE],
    ['https://db.internal/v1', INSIDE],
    ['https://localhost/v1', INSIDE],
    ['https://llm..example.com/v1', 'The endpoint must contain a valid host name.'],
    ['https://llm.example.com/v1\\x', UNUSUAL],
    ['https://llm.example.com/v 1', UNUSUAL],
    ['https://llm.example.com/\u00fc', UNUSUAL],
    ['https://llm.exam\tple.com/v1', UNUSUAL],
    [`https://llm.example.com/${'a'.repeat(2048)}`, 'The endpoint must not be longer than 2048 characters.'],
  ])('%j', (text, reason) => {
    expect(reasonsOf(text)).toEqual([reason]);
  });
});

describe('everything that is wrong', () => {
  test.each([
    ['http://10.0.0.5:11434/v1', [HTTPS, PORTS, INSIDE]],
    ['localhost:11434', [HTTPS, PORTS, INSIDE]],
    ['https://:secret@10.0.0.5:11434/v1?x=1#y', [CREDENTIALS, QUERY, PORTS, INSIDE]],
    ['http://user@db.internal/v1 ?', [HTTPS, UNUSUAL, CREDENTIALS, QUERY, INSIDE]],
    ['https://u:p@llm..example.com:1/', [CREDENTIALS, PORTS, 'The endpoint must contain a valid host name.']],
  ])('with %j is said at once, and in one sentence', (text, reasons) => {
    const check = checkEndpoint(text, RULES);
    expect(check.ok ? [] : check.reasons).toEqual(reasons);
    const inOne = reasons.map((reason) => reason.replace('The endpoint ', '').replace(/\.$/, '')).join('; ');
    expect(check.ok ? '' : check.reason).toBe(`The endpoint ${inOne}.`);
  });

  test('comes with the address that would do, without what must not be in it', () => {
    const reasonOf = (text: string): string => {
      const check = checkEndpoint(text, RULES);
      return check.ok ? '' : check.reason;
    };
    const BASE = '; https://llm.example.com/v1 would be accepted.';
    for (const text of [
      'http://llm.example.com/v1/chat/completions',
      'https://llm.example.com/v1/chat/completions?key=secret',
      'https://user:secret@llm.example.com/v1/v1',
      'https://:secret@llm.example.com/v1/models#secret',
      'llm.example.com/v1/',
    ]) {
      expect(reasonOf(text).endsWith(BASE)).toBe(true);
      expect(reasonOf(text)).not.toContain('secret');
    }
    for (const text of [
      'https://10.0.0.1/v1/models',
      'https://llm.example.com:1/v1',
      'https://a.example.com\\@b/v1',
      'x:',
    ])
      expect(reasonOf(text)).not.toContain('would be accepted');
  });
});

test('an address with a word that may be a key is not repeated', () => {
  for (const text of [
    'http://llm.example.com/sk-live-0123456789/v1',
    'http://llm.example.com/v1/Qa0YPLiHaRTfj1KF2xkU',
    'http://0123456789abcdef.example.com/v1/models',
    'https://llm.example.com/gsk_AbCdEfGhIjKl/chat/completions?x',
  ]) {
    const check = checkEndpoint(text, RULES);
    expect(check.ok ? '' : check.reason).toMatch(/^The endpoint must/);
    expect(check.ok ? '' : check.reason).not.toMatch(/0123456789|Qa0YPL|AbCdEf|would be accepted/);
  }
  expect(didYouMean('https://llm.example.com/gsk_AbCdEfGhIjKl')).not.toContain('AbCdEf');
  expect(didYouMean('https://llm.example.com/v1')).toContain('Did you mean https://llm.example.com/v1?');
});

describe('a server on this machine', () => {
  const HERE: EndpointRules = { ...RULES, loopback: true };

  test.each([
    ['http://localhost:11434/v1', 'http://localhost:11434/v1'],
    ['http://LOCALHOST:11434/', 'http://localhost:11434'],
    ['http://localhost.:11434/v1', 'http://localhost:11434/v1'],
    ['http://127.0.0.1:1234/v1', 'http://127.0.0.1:1234/v1'],
    ['http://[::1]:8080/v1', 'http://[::1]:8080/v1'],
    ['http://localhost/v1', 'http://localhost/v1'],
  ])('%s is accepted where that is allowed, and said to be one', (text, url) => {
    expect(checkEndpoint(text, HERE)).toEqual({ ok: true, url, local: true });
    expect(checkEndpoint(text, RULES)).toMatchObject({ ok: false });
    expect(checkEndpoint(text, { ...RULES, loopback: false })).toMatchObject({ ok: false });
  });

  test.each([
    'http://localhost:22/v1',
    'http://127.0.0.2:11434/v1',
    'http://10.0.0.1:11434/v1',
    'http://0.0.0.0:11434/v1',
    'http://[::ffff:127.0.0.1]:11434/v1',
    'http://[::]:11434/v1',
    'http://host.docker.internal:11434/v1',
    'http://a.localhost:11434/v1',
    'http://localhost.example.com:11434/v1',
    'http://llm.example.com/v1',
    'http://user:secret@localhost:11434/v1',
    'http://:secret@localhost:11434/v1',
    'http://localhost:11434/v1?x=1',
    'https://localhost:11434/v1',
    'ftp://localhost:11434/v1',
  ])('%s is none of those', (text) => {
    expect(checkEndpoint(text, HERE)).toMatchObject({ ok: false });
  });
});
