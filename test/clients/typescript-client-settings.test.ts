import { describe, expect, it } from 'vitest';
import { type ByokClientOptions, createByokClient } from '../../clients/typescript/src/index.ts';

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
});
