import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ByokClientOptions, createByokClient } from '../../clients/typescript/src/index.ts';
import { readSettings } from '../../clients/typescript/src/settings.ts';

describe('the TypeScript client: settings', () => {
  it('names everything that is missing from its configuration', () => {
    const make = (options: ByokClientOptions) => () => createByokClient(options);
    expect(make({ env: {} })).toThrow(
      "The key service's client is not configured: BYOK_INTERNAL_URL is missing; BYOK_SERVICE_TOKEN is missing, or BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET.",
    );
    expect(make({ env: { BYOK_INTERNAL_URL: 'http://a:canary@b', BYOK_SERVICE_TOKEN: 't' } })).toThrow(
      /: BYOK_INTERNAL_URL must not carry a password\.$/,
    );
    expect(make({ url: 'ftp://a', serviceToken: 't', env: {} })).toThrow(/is not an http or https address/);
    expect(make({ url: 'https://a', serviceToken: 't', env: {}, timeoutMs: 0 })).toThrow(/timeoutMs is not a positive/);
  });

  const PLAIN = 'http://unicorn-ops-center:8085';
  const make =
    (options: ByokClientOptions, env = {}) =>
    () =>
      createByokClient({ serviceToken: 't', env, ...options });

  it.each([PLAIN, 'http://10.0.0.7', 'http://localhost.example.com', 'http://127.0.0.1.example.com', 'HTTP://a'])(
    'refuses %s: keys would travel in plain text',
    (url) => {
      expect(make({ url })).toThrow(
        "The key service's client is not configured: BYOK_INTERNAL_URL is http:// to another machine, where keys and tokens would travel in plain text: use https://, or set BYOK_ALLOW_INSECURE_HTTP=true (allowInsecureHttp) on a network that nobody else is on.",
      );
    },
  );

  it('refuses the same for Keycloak’s address', () => {
    const keycloak = { serviceToken: '', clientId: 'svc', clientSecret: 's', tokenUrl: 'http://keycloak:8080/token' };
    expect(make({ url: 'https://a', ...keycloak })).toThrow(/: BYOK_TOKEN_URL is http:\/\/ to another machine/);
    expect(make({ url: 'https://a', ...keycloak, allowInsecureHttp: true })).not.toThrow();
  });

  it.each([
    'https://a',
    'http://localhost:8085',
    'http://LOCALHOST',
    'http://127.0.0.1',
    'http://127.1',
    'http://127.12.34.56',
    'http://[::1]:1',
  ])('takes %s', (url) => {
    expect(make({ url })).not.toThrow();
  });

  it('takes http:// to another machine where somebody has said so', () => {
    expect(make({ url: PLAIN, allowInsecureHttp: true })).not.toThrow();
    expect(make({ url: PLAIN }, { BYOK_ALLOW_INSECURE_HTTP: 'true' })).not.toThrow();
    expect(make({ url: PLAIN }, { BYOK_ALLOW_INSECURE_HTTP: 'false' })).toThrow(/plain text/);
    expect(make({ url: PLAIN, allowInsecureHttp: false }, { BYOK_ALLOW_INSECURE_HTTP: 'true' })).toThrow(/plain text/);
  });

  it.each([
    ['https://ann@a', 'must not carry a password'],
    ['https://:canary@a', 'must not carry a password'],
    ['https://a#b', 'must have neither ? nor #'],
    ['https://a?b', 'must have neither ? nor #'],
    ['nonsense', 'is not an http or https address'],
    ['xhttps://a', 'is not an http or https address'],
    ['httpsx://a', 'is not an http or https address'],
  ])('reads %s strictly, as either address', (url, problem) => {
    const config = "The key service's client is not configured";
    expect(make({ url })).toThrow(new RegExp(`^${config}: BYOK_INTERNAL_URL ${RegExp.escape(problem)}\\.$`));
    const keycloak = { url: 'https://a', serviceToken: '', clientId: 'svc', clientSecret: 's', tokenUrl: url };
    expect(make(keycloak)).toThrow(new RegExp(`^${config}: BYOK_TOKEN_URL ${RegExp.escape(problem)}\\.$`));
  });

  it.each(['http://127.0.0.1x', 'http://127.0.0.1.com', 'http://xlocalhost', 'http://[::2]'])(
    'does not take %s for this machine',
    (url) => {
      expect(make({ url })).toThrow(/plain text/);
    },
  );

  it.each(['a b', 'a\nb', '\u00e9', ' a', 'a ', 'a\u007f'])(
    'refuses a token that no header takes: %j',
    (serviceToken) => {
      const wrong = { url: 'https://a', serviceToken, timeoutMs: -1, maxCachedKeys: 1.5 };
      expect(make(wrong)).toThrow(
        "The key service's client is not configured: BYOK_SERVICE_TOKEN has characters no token has; timeoutMs is not a positive whole number; maxCachedKeys is not a positive whole number.",
      );
    },
  );

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])('refuses a time limit of %d', (timeoutMs) => {
    expect(make({ url: 'https://a', timeoutMs })).toThrow(/: timeoutMs is not a positive whole number\.$/);
  });

  it('takes the largest and the smallest figures', () => {
    expect(make({ url: 'https://a', timeoutMs: 2 ** 31 - 1, maxCachedKeys: 1 })).not.toThrow();
    expect(make({ url: 'https://a', timeoutMs: 1, maxCachedKeys: 2 ** 31 - 1 })).not.toThrow();
  });

  const CREDENTIALS = { BYOK_TOKEN_URL: 'https://kc/token/', BYOK_CLIENT_ID: 'svc', BYOK_CLIENT_SECRET: 's' };

  it('takes every setting from the environment, and options first', () => {
    const env = { BYOK_INTERNAL_URL: 'https://a//', ...CREDENTIALS };
    expect(readSettings({ env })).toEqual({
      url: 'https://a/api/v1/byok/internal',
      credentials: { tokenUrl: 'https://kc/token', clientId: 'svc', clientSecret: 's' },
      timeoutMs: 5_000,
      maxCachedKeys: 1_000,
      env,
    });
    const own = { tokenUrl: 'https://other/token', clientId: 'me', clientSecret: 'mine' };
    expect(readSettings({ env, url: 'https://b/x', ...own, timeoutMs: 7, maxCachedKeys: 2 })).toMatchObject({
      url: 'https://b/x/api/v1/byok/internal',
      credentials: own,
      timeoutMs: 7,
      maxCachedKeys: 2,
    });
    // A fixed token comes before what could get one.
    const fixed = { ...env, BYOK_SERVICE_TOKEN: 'byok_st_fixed' };
    expect(readSettings({ env: fixed }).credentials).toEqual({ serviceToken: 'byok_st_fixed' });
    expect(readSettings({ env: fixed, serviceToken: 'own' }).credentials).toEqual({ serviceToken: 'own' });
  });

  it('goes by the environment of the process where none is given', () => {
    vi.stubEnv('BYOK_INTERNAL_URL', 'https://of-the-process');
    vi.stubEnv('BYOK_SERVICE_TOKEN', 'byok_st_process');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(readSettings({})).toMatchObject({ url: 'https://of-the-process/api/v1/byok/internal', env: process.env });
  });

  it.each(Object.keys(CREDENTIALS))('does not take credentials without %s for whole', (missing) => {
    const env = { ...CREDENTIALS, [missing]: '' };
    expect(make({ url: 'https://a', serviceToken: '' }, env)).toThrow(/: BYOK_SERVICE_TOKEN is missing, or BYOK_TOKEN/);
  });
});
