// What a reload takes up, and what it leaves to a restart.
import { expect, it } from 'vitest';
import { parseConfig } from '../../src/config/config.ts';
import { createLiveConfig } from '../../src/config/live-config.ts';
import { textOf } from '../../src/shared/live-text.ts';
import { KEY, OLD_KEY, PRODUCTION } from './environments.ts';

const ENV = {
  ...PRODUCTION,
  KEYCLOAK_ADMIN_USERNAME: 'admin',
  KEYCLOAK_ADMIN_PASSWORD: 'one',
  DATABASE_URL: 'postgres://app:one@db/byok',
  DATABASE_MIGRATION_URL: 'postgres://owner:one@db/byok',
  REDIS_URL: 'redis://:one@redis:6379/0',
  METRICS_TOKEN: 'one-metrics-token-x',
  AUDIT_ANCHOR_URL: 'https://witness.example.com/one',
  BYOK_OPENAI_SYSTEM_KEY: 'sk-one-0123456789',
};
const SECOND = Object.fromEntries(Object.entries(ENV).map(([name, value]) => [name, value.replace('one', 'two')]));

it('passwords, tokens and system keys are others at once, wherever they are asked for', () => {
  const { config, update } = createLiveConfig(parseConfig(ENV));
  const { changed, restart } = update(
    parseConfig({ ...SECOND, KEYCLOAK_CLIENT_SECRET: 'two', BYOK_GROQ_SYSTEM_KEY: 'gsk-two-0123456789' }),
  );
  expect([...changed].sort()).toEqual([
    'AUDIT_ANCHOR_URL',
    'BYOK_GROQ_SYSTEM_KEY',
    'BYOK_OPENAI_SYSTEM_KEY',
    'DATABASE_MIGRATION_URL',
    'DATABASE_URL',
    'KEYCLOAK_ADMIN_PASSWORD',
    'KEYCLOAK_CLIENT_SECRET',
    'METRICS_TOKEN',
    'REDIS_URL',
  ]);
  expect(restart).toEqual([]);
  expect(textOf(config.databaseUrl ?? '')).toBe('postgres://app:two@db/byok');
  expect(textOf(config.redisUrl ?? '')).toBe('redis://:two@redis:6379/0');
  expect(textOf(config.keycloak?.clientSecret ?? '')).toBe('two');
  expect(textOf(config.keycloak?.admin?.password ?? '')).toBe('two');
  expect([...config.systemKeys]).toEqual([
    ['openai', 'sk-two-0123456789'],
    ['groq', 'gsk-two-0123456789'],
  ]);
});

it.each([
  ['another encryption key', { ENCRYPTION_KEY: `${OLD_KEY},${KEY}` }, 'ENCRYPTION_KEY'],
  ['another database server', { DATABASE_URL: 'postgres://app:one@other/byok' }, 'DATABASE_URL'],
  ['another database', { DATABASE_MIGRATION_URL: 'postgres://owner:one@db/other' }, 'DATABASE_MIGRATION_URL'],
  ['another Redis', { REDIS_URL: 'redis://:one@redis:6379/1' }, 'REDIS_URL'],
])('%s takes a restart, each time that it is asked for', (_, change, name) => {
  const { config, update } = createLiveConfig(parseConfig(ENV));
  for (let times = 0; times < 2; times++)
    expect(update(parseConfig({ ...ENV, ...change }))).toEqual({ changed: [], restart: [name] });
  expect(textOf(config.databaseUrl ?? '')).toBe(ENV.DATABASE_URL);
  expect(textOf(config.redisUrl ?? '')).toBe(ENV.REDIS_URL);
  expect(config.encryptionKeys).toEqual([KEY]);
});
