import { describe, expect, test } from 'vitest';
import { checkEndpoint } from '../../src/providers/endpoint-policy.ts';
import { FORBIDDEN_ENDPOINTS } from '../support/providers/forbidden-endpoints.ts';

const rules = { ports: [443, 8443], allow: [] };
const reasonOf = (text: string, allow: readonly string[] = []): string => {
  const check = checkEndpoint(text, { ...rules, allow });
  return check.ok ? 'accepted' : check.reason;
};

describe('endpoints', () => {
  test.each([
    ['https://llm.example.com/v1', 'https://llm.example.com/v1'],
    ['https://LLM.Example.COM:443/v1///', 'https://llm.example.com/v1'],
    ['https://llm.example.com:8443', 'https://llm.example.com:8443'],
    ['https://llm.example.com./v1', 'https://llm.example.com/v1'],
    ['https://llm.example.com/a/../v1', 'https://llm.example.com/v1'],
    ['  https://llm.example.com/v1\n', 'https://llm.example.com/v1'],
    ['https://8.8.8.8/v1', 'https://8.8.8.8/v1'],
    ['https://[2606:4700:4700::1111]/v1', 'https://[2606:4700:4700::1111]/v1'],
    ['https://xn--bcher-kva.example/v1', 'https://xn--bcher-kva.example/v1'],
  ])('%s is accepted and stored as %s', (text, url) => {
    expect(checkEndpoint(text, rules)).toEqual({ ok: true, url });
    expect(checkEndpoint(url, rules)).toEqual({ ok: true, url });
  });

  test.each([
    ['http://llm.example.com/v1', /begins with https/],
    ['HTTP://llm.example.com/v1', /begins with https/],
    ['ftp://llm.example.com', /begins with https/],
    ['file:///etc/passwd', /begins with https/],
    ['javascript:alert(1)', /begins with https/],
    ['llm.example.com/v1', /begins with https/],
    ['//llm.example.com/v1', /begins with https/],
    ['https:llm.example.com', /begins with https/],
    ['https:///llm.example.com', /begins with https/],
    ['https://', /begins with https/],
    ['', /begins with https/],
    ['https://user:secret@llm.example.com/v1', /user name or password/],
    ['https://user@llm.example.com/v1', /user name or password/],
    ['https://llm.example.com/v1?key=secret', /query/],
    ['https://llm.example.com/v1?', /query/],
    ['https://llm.example.com/v1#part', /fragment/],
    ['https://llm.example.com:80/v1', /ports: 443, 8443/],
    ['https://llm.example.com:22/v1', /ports: 443, 8443/],
    ['https://llm.example.com:0/v1', /ports: 443, 8443/],
    ['https://llm.example.com:99999/v1', /begins with https/],
    ['https://llm.exa\nmple.com/v1', /control characters/],
    ['https://llm.example.com\\@10.0.0.1/v1', /backslashes/],
    ['https://bücher.example/v1', /outside ASCII/],
    ['https://llm..example.com/v1', /valid host name/],
    [`https://llm.example.com/${'a'.repeat(2048)}`, /2048 characters/],
  ])('%s is refused', (text, reason) => {
    expect(reasonOf(text)).toMatch(reason);
    expect(reasonOf(text)).toMatch(/^The endpoint .*[.)]$/);
  });

  test.each(['https://', 'http://', 'https:///llm.example.com', 'https:llm.example.com', 'https:/llm.example.com', ''])(
    '%s has no host, of which nothing is said',
    (text) => {
      expect(checkEndpoint(text, rules)).toMatchObject({
        reasons: ['The endpoint must be an address that begins with https://, such as https://llm.example.com/v1.'],
      });
    },
  );

  test('no reason repeats what was in the address', () => {
    expect(reasonOf('https://user:secret@llm.example.com/v1')).not.toContain('secret');
    expect(reasonOf('https://llm.example.com/v1?key=secret')).not.toContain('secret');
  });

  test(`${FORBIDDEN_ENDPOINTS.length} spellings of addresses and names inside a network are refused`, () => {
    expect(FORBIDDEN_ENDPOINTS.length).toBeGreaterThanOrEqual(60);
    expect(FORBIDDEN_ENDPOINTS.filter((text) => !/inside a network|host name/.test(reasonOf(text)))).toEqual([]);
  });

  test('the operator can allow names, addresses and ranges', () => {
    expect(reasonOf('https://ollama.lan/v1', ['ollama.lan'])).toBe('accepted');
    expect(reasonOf('https://localhost/v1', ['localhost'])).toBe('accepted');
    expect(reasonOf('https://10.1.2.3/v1', ['10.0.0.0/8'])).toBe('accepted');
    expect(reasonOf('https://0x7f.1/v1', ['127.0.0.1'])).toBe('accepted');
    expect(reasonOf('https://[::1]/v1', ['::1'])).toBe('accepted');
    expect(reasonOf('https://other.lan/v1', ['ollama.lan'])).toMatch(/inside a network/);
    expect(reasonOf('https://11.ollama.lan/v1', ['ollama.lan'])).toMatch(/inside a network/);
  });

  test('the allow list does not lift the rule for ports and https', () => {
    expect(reasonOf('https://ollama.lan:11434/v1', ['ollama.lan'])).toMatch(/ports/);
    expect(reasonOf('http://ollama.lan/v1', ['ollama.lan'])).toMatch(/https/);
  });
});
