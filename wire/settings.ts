// The environment of every service that is recorded: as open as can be, so that nothing but the request decides.
import type { FakeProviders } from './servers.ts';
import type { Env } from './service.ts';

/** Always the same, since names that the service gives to keys come from it. It protects nothing. */
export const ENCRYPTION_KEY = `${Buffer.alloc(32, 'wire').toString('base64url')}=`;
export const METRICS_TOKEN = 'token-of-the-metrics';

export const COMMON: Env = {
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  ENCRYPTION_KEY,
  METRICS_TOKEN,
  UPGRADE_URL: 'https://ops.example.com/subscription',
  BYOK_TOGETHER_SYSTEM_KEY: 'system-key-of-together',
  BYOK_OPENAI_SYSTEM_KEY: 'sk-system-key-of-openai',
  RATE_LIMIT_PER_MINUTE: '1000000',
  RATE_LIMIT_ADDRESS_PER_MINUTE: '1000000',
  RATE_LIMIT_WRITE_PER_MINUTE: '1000000',
  RATE_LIMIT_INTERNAL_PER_MINUTE: '1000000',
};

/** Providers that answer as told, and endpoints on this machine. */
export const withFakes = (fakes: FakeProviders): Env => ({
  ...Object.fromEntries([...fakes.apiUrls].map(([id, url]) => [`BYOK_${id.toUpperCase()}_API_URL`, url])),
  CUSTOM_ENDPOINT_ALLOW: '127.0.0.1',
  CUSTOM_ENDPOINT_PORTS: `443,8443,${fakes.httpsPort}`,
  PROBE_CA_FILE: fakes.ca,
  // Long enough for a machine that is busy.
  PROBE_TIMEOUT_SECONDS: '3',
});
