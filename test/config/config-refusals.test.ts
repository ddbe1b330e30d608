// What is refused in production, and what of the embedded default.
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { type Env, KEY, KEYCLOAK, PRODUCTION, problemsOf, without } from './environments.ts';

describe('in production', () => {
  it('a complete configuration passes', () => {
    expect(parseConfig(PRODUCTION).production).toBe(true);
    expect(
      parseConfig({ ...without(PRODUCTION, 'TRUSTED_PROXIES'), TLS_CERT_FILE: 'c', TLS_KEY_FILE: 'k' }).production,
    ).toBe(true);
  });

  it('the embedded default is refused, with everything that is missing', () => {
    const { names, text } = problemsOf({ NODE_ENV: 'production' });
    expect(names).toEqual([
      'ENCRYPTION_KEY',
      'INTERNAL_PORT',
      'KEYCLOAK_CLIENT_SECRET',
      'KEYCLOAK_URL',
      'PUBLIC_URL',
      'TLS_CERT_FILE',
    ]);
    expect(text).toContain('demo users');
  });

  it.each([
    ['Keycloak over http', { KEYCLOAK_URL: 'http://auth.example.com' }, 'KEYCLOAK_URL'],
    ['Keycloak over http for browsers', { KEYCLOAK_PUBLIC_URL: 'http://auth.example.com' }, 'KEYCLOAK_PUBLIC_URL'],
    ['itself over http', { PUBLIC_URL: 'http://ops.example.com' }, 'PUBLIC_URL'],
    ['itself over http on this machine', { PUBLIC_URL: 'http://localhost:8084' }, 'PUBLIC_URL'],
    ['no address of its own', { PUBLIC_URL: '' }, 'PUBLIC_URL'],
    ['neither TLS nor a proxy', { TRUSTED_PROXIES: '' }, 'TLS_CERT_FILE'],
    ['a list without a proxy in it', { TRUSTED_PROXIES: ' , ' }, 'TLS_CERT_FILE'],
    ['half of TLS', { TLS_CERT_FILE: 'c' }, 'TLS_CERT_FILE'],
    ['no encryption key', { ENCRYPTION_KEY: '' }, 'ENCRYPTION_KEY'],
    [
      'an encryption key from a document',
      { ENCRYPTION_KEY: 'Cx6IW6h4ydmRQaSwi7MdZ1soAaM0FgbQuSBzuxH41Ao=' },
      'ENCRYPTION_KEY',
    ],
    [
      'an encryption key from the specification',
      { ENCRYPTION_KEY: `${KEY},cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=` },
      'ENCRYPTION_KEY',
    ],
    ['an encryption key of zeros', { ENCRYPTION_KEY: `${'A'.repeat(43)}=` }, 'ENCRYPTION_KEY'],
    ['no port for internal services', { INTERNAL_PORT: '' }, 'INTERNAL_PORT'],
    ['any free port', { PORT: '0' }, 'PORT'],
    ['any free port for internal services', { INTERNAL_PORT: '0' }, 'INTERNAL_PORT'],
    ['one port for people and services', { PORT: '8085' }, 'INTERNAL_PORT'],
    ['a system key with a line break', { BYOK_GROQ_SYSTEM_KEY: 'gsk_0123456789\nX-A: b' }, 'BYOK_GROQ_SYSTEM_KEY'],
    ['a provider over http', { BYOK_OPENAI_API_URL: 'http://api.openai.com/v1' }, 'BYOK_OPENAI_API_URL'],
    ['a provider over http on this machine', { BYOK_GROQ_API_URL: 'http://localhost:1' }, 'BYOK_GROQ_API_URL'],
  ])('%s is refused', (_, env: Env, name) => {
    expect(problemsOf({ ...PRODUCTION, ...env }).names).toEqual([name]);
  });

  it('Keycloak over http is fine on the same machine', () => {
    for (const KEYCLOAK_URL of ['http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080'])
      expect(problemsOf({ ...PRODUCTION, KEYCLOAK_URL }).names).toEqual([]);
  });
});

describe('an address to listen on', () => {
  it.each([
    ['0.0.0.0:8084', 'must be the address alone: put the port into PORT'],
    ['[::]:8084', 'must be the address alone: put the port into PORT'],
    ['[::]', 'must be the address without brackets, such as ::'],
    ['http://0.0.0.0', 'must be an address such as 0.0.0.0 or ::, without a scheme'],
    ['not a host', 'must be an IP address'],
    ['10.0.0', 'must be an IP address'],
  ])('%s is refused, with what is wrong with it', (host, sentence) => {
    expect(problemsOf({ ...KEYCLOAK, HOST: host }).text).toContain(`HOST ${sentence}`);
    const internal = problemsOf({ ...KEYCLOAK, INTERNAL_PORT: '8085', INTERNAL_HOST: host }).text;
    expect(internal).toContain(`INTERNAL_HOST ${sentence.replace('into PORT', 'into INTERNAL_PORT')}`);
  });

  it.each([
    '0.0.0.0',
    '::',
    '::1',
    '10.0.0.5',
    'fe80::1%eth0',
    'localhost',
    'byok',
    'byok_1.internal',
    'a.example.com.',
  ])('%s is one', (host) => {
    expect(parseConfig({ ...KEYCLOAK, HOST: host }).host).toBe(host);
  });
});

describe('proxies that would be everybody', () => {
  it.each(['0.0.0.0/0', '::/0', '*', 'true', '10.0.0.0/8, 0.0.0.0/0'])('%s is refused as that', (proxies) => {
    expect(problemsOf({ ...KEYCLOAK, TRUSTED_PROXIES: proxies }).text).toContain(
      'TRUSTED_PROXIES must not trust everybody',
    );
  });
});

describe('the embedded default', () => {
  it.each([
    ['listens beyond this machine', { HOST: '0.0.0.0' }, 'HOST'],
    ['listens on every IPv6 address', { HOST: '::' }, 'HOST'],
    ['listens on a name', { HOST: 'example.com' }, 'HOST'],
    ['shows internal services beyond this machine', { INTERNAL_HOST: '0.0.0.0' }, 'INTERNAL_HOST'],
    ['is called from elsewhere', { PUBLIC_URL: 'https://ops.example.com' }, 'PUBLIC_URL'],
    ['stands behind a proxy', { TRUSTED_PROXIES: '127.0.0.1' }, 'TRUSTED_PROXIES'],
  ])('is refused where it %s', (_, env: Env, name) => {
    expect(problemsOf(env).names).toEqual([name]);
    expect(problemsOf({ ...KEYCLOAK, ...env }).names).toEqual([]);
  });

  it('may be called by each name of this machine, and keep an encryption key of one’s own', () => {
    for (const HOST of ['localhost', '127.0.0.1', '::1']) expect(parseConfig({ HOST }).host).toBe(HOST);
    for (const url of ['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000'])
      expect(parseConfig({ PUBLIC_URL: url }).publicUrl).toBe(url);
    expect(parseConfig({ ENCRYPTION_KEY: KEY }).encryptionKeys).toEqual([KEY]);
  });
});
