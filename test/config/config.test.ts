import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { DEFAULT_TIER_RANKS } from '../../src/users/tiers.ts';
import { type Env, KEY, KEYCLOAK, OLD_KEY, PRODUCTION, problemsOf } from './environments.ts';

describe('without any variable', () => {
  const config = parseConfig({});

  it('is the embedded default with every default', () => {
    expect(config).toMatchObject({
      production: false,
      port: 8084,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:8084',
      basePath: '',
      logLevel: 'info',
      drainMs: 0,
      shutdownMs: 20_000,
      encryptionKeys: undefined,
      requireBinding: true,
      keycloak: undefined,
      databaseUrl: undefined,
      dataDir: '.data',
      redisUrl: undefined,
      tls: undefined,
      trustedProxies: [],
      minimumTier: 'starter',
      tierRanks: DEFAULT_TIER_RANKS,
      session: { idleMs: 7_200_000, maxMs: 43_200_000 },
      internal: undefined,
      usageMirror: false,
      systemKeys: new Map(),
      rateLimits: { perUser: 120, perAddress: 600, perUserWrites: 20, perService: 6000 },
      cache: { ttlMs: 300_000, maxUsers: 10_000 },
      probes: { allow: [], ports: [443, 8443], timeoutMs: 15_000, caFile: undefined, apiUrls: new Map() },
    });
  });

  it('is frozen through and through', () => {
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null || value instanceof Map) return;
      expect(Object.isFrozen(value), path).toBe(true);
      for (const [name, inner] of Object.entries(value)) walk(inner, `${path}.${name}`);
    };
    walk(config, 'config');
    walk(parseConfig({ ...PRODUCTION, TLS_CERT_FILE: 'c', TLS_KEY_FILE: 'k' }), 'config');
  });

  it('is the same with every variable set to nothing, as compose files do', () => {
    for (const nothing of ['', '   ', '\n'])
      expect(parseConfig(Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, nothing])))).toEqual(config);
  });
});

describe('over Keycloak', () => {
  it('listens beyond this machine only where HTTPS is taken care of', () => {
    const proxied = parseConfig({ ...KEYCLOAK, TRUSTED_PROXIES: '10.0.0.0/8' });
    const direct = parseConfig({ ...KEYCLOAK, TLS_CERT_FILE: 'cert.pem', TLS_KEY_FILE: 'key.pem' });
    expect([parseConfig(KEYCLOAK).host, proxied.host, direct.host]).toEqual(['127.0.0.1', '0.0.0.0', '0.0.0.0']);
  });

  it('has a port for internal services where it is told, by the same rule', () => {
    const internal = (env: Env) => parseConfig({ ...KEYCLOAK, INTERNAL_PORT: '8085', ...env }).internal;
    expect(internal({})).toEqual({ host: '127.0.0.1', port: 8085 });
    expect(internal({ TRUSTED_PROXIES: '10.0.0.0/8' })).toEqual({ host: '0.0.0.0', port: 8085 });
    expect(internal({ TRUSTED_PROXIES: '10.0.0.0/8', INTERNAL_HOST: '10.0.0.4' })).toEqual({
      host: '10.0.0.4',
      port: 8085,
    });
  });

  it('has the system keys that are set, and never tells one that is wrong', () => {
    const { systemKeys } = parseConfig({ BYOK_OPENAI_SYSTEM_KEY: 'sk-0123456789', BYOK_GROQ_SYSTEM_KEY: '' });
    expect(systemKeys).toEqual(new Map([['openai', 'sk-0123456789']]));
    expect(problemsOf({ BYOK_OPENAI_SYSTEM_KEY: 'sk-secret key' }).text).not.toContain('secret');
  });

  it('has what Keycloak needs, with defaults and without slashes at the end', () => {
    const config = parseConfig({ ...KEYCLOAK, KEYCLOAK_URL: 'https://auth.example.com/auth/' });
    expect(config).toMatchObject({ host: '127.0.0.1', encryptionKeys: [KEY] });
    expect(config.keycloak).toEqual({
      url: 'https://auth.example.com/auth',
      publicUrl: 'https://auth.example.com/auth',
      realm: 'uchub',
      clientId: 'ops-center',
      clientSecret: 'client-secret',
      allowedClients: [],
      admin: undefined,
      caFile: undefined,
      timeoutMs: 5000,
      allowUnmanagedSelfEdit: false,
    });
  });

  it('takes everything as it is set', () => {
    const config = parseConfig({
      ...PRODUCTION,
      KEYCLOAK_PUBLIC_URL: 'https://sso.example.com/',
      KEYCLOAK_REALM: 'people',
      KEYCLOAK_CLIENT_ID: 'byok',
      KEYCLOAK_ALLOWED_CLIENTS: ' page, ,newsletter-spa',
      KEYCLOAK_ADMIN_USERNAME: 'admin',
      KEYCLOAK_ADMIN_PASSWORD: 'p',
      KEYCLOAK_CA_FILE: '/ca.pem',
      KEYCLOAK_TIMEOUT_SECONDS: '9',
      ENCRYPTION_KEY: ` ${KEY} , ${OLD_KEY},`,
      BYOK_REQUIRE_BINDING: 'false',
      BYOK_TIER_RANKS: 'trial=0, gold = 7',
      BYOK_MINIMUM_TIER: 'gold',
      BYOK_OPENAI_API_URL: 'https://eu.api.openai.com/v1',
      TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1, 2001:db8::/32',
      TLS_CERT_FILE: '/cert.pem',
      TLS_KEY_FILE: '/key.pem',
    });
    expect(config).toMatchObject({
      production: true,
      encryptionKeys: [KEY, OLD_KEY],
      requireBinding: false,
      tierRanks: { trial: 0, gold: 7 },
      minimumTier: 'gold',
      trustedProxies: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'],
      tls: { certFile: '/cert.pem', keyFile: '/key.pem' },
      keycloak: {
        publicUrl: 'https://sso.example.com',
        realm: 'people',
        clientId: 'byok',
        admin: { username: 'admin', password: 'p' },
        caFile: '/ca.pem',
        timeoutMs: 9000,
      },
    });
    expect(config.probes.apiUrls).toEqual(new Map([['openai', 'https://eu.api.openai.com/v1']]));
  });

  it('may be plain http outside production', () => {
    const http = { KEYCLOAK_URL: 'http://keycloak:8080', KEYCLOAK_PUBLIC_URL: 'http://auth.example.com' };
    expect(problemsOf({ ...KEYCLOAK, ...http, BYOK_GROQ_API_URL: 'http://localhost:1/v1' }).names).toEqual([]);
  });

  it('knows where to upgrade with whatever comes after the path, and only if it is told', () => {
    const url = 'https://ops.example.com/account?tab=plans#compare';
    expect(parseConfig({ UPGRADE_URL: url }).upgradeUrl).toBe(url);
    expect(parseConfig({ UPGRADE_URL: ' ' }).upgradeUrl).toBeUndefined();
  });

  it('names its own address as browsers do: lower case, no default port, no slash', () => {
    const publicUrl = (PUBLIC_URL: string): string => parseConfig({ ...PRODUCTION, PUBLIC_URL }).publicUrl;
    expect(publicUrl('HTTPS://Ops.Example.com:443/')).toBe('https://ops.example.com');
    expect(publicUrl('https://ops.example.com:8443')).toBe('https://ops.example.com:8443');
    expect(parseConfig({ PORT: '9000', TLS_CERT_FILE: 'c', TLS_KEY_FILE: 'k' }).publicUrl).toBe(
      'https://localhost:9000',
    );
  });

  const keycloakNames = Object.keys(VARIABLES).filter(
    (name) => name.startsWith('KEYCLOAK_') && name !== 'KEYCLOAK_URL',
  );
  const values: Env = {
    KEYCLOAK_PUBLIC_URL: 'https://auth.example.com',
    KEYCLOAK_TIMEOUT_SECONDS: '5',
    KEYCLOAK_ALLOW_UNMANAGED_SELF_EDIT: 'false',
  };
  it.each([...keycloakNames, 'KEYCLOAK_URI', 'KEYCLOAK_VERIFY_SSL'])(
    'is meant by %s alone: never the embedded default by a slip of the pen',
    (name) => {
      const { names, text } = problemsOf({ [name]: values[name] ?? 'uchub' });
      expect(names).toContain('KEYCLOAK_URL');
      expect(text).toContain(`KEYCLOAK_URL must be set, because ${name} is`);
      expect(names).toContain('ENCRYPTION_KEY');
    },
  );

  it('needs the client’s secret and an encryption key', () => {
    expect(problemsOf({ KEYCLOAK_URL: 'https://auth.example.com' }).names).toEqual([
      'ENCRYPTION_KEY',
      'KEYCLOAK_CLIENT_SECRET',
    ]);
  });

  it('takes the admin’s name and password together only', () => {
    for (const name of ['KEYCLOAK_ADMIN_USERNAME', 'KEYCLOAK_ADMIN_PASSWORD'])
      expect(problemsOf({ ...KEYCLOAK, [name]: 'x' }).names).toEqual(['KEYCLOAK_ADMIN_USERNAME']);
  });
});
