// Environments that are complete, and the problems of those that are not.
import { randomBytes } from 'node:crypto';
import { ConfigError, parseConfig } from '../../src/config/config.ts';

export type Env = Readonly<Record<string, string>>;
export const KEY = `${randomBytes(32).toString('base64url')}=`;
export const OLD_KEY = `${randomBytes(32).toString('base64url')}=`;
export const KEYCLOAK: Env = {
  KEYCLOAK_URL: 'https://auth.example.com',
  KEYCLOAK_CLIENT_SECRET: 'client-secret',
  ENCRYPTION_KEY: KEY,
};
export const PRODUCTION: Env = {
  ...KEYCLOAK,
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://ops.example.com',
  TRUSTED_PROXIES: '10.0.0.0/8',
  INTERNAL_PORT: '8085',
};
export const without = (env: Env, ...names: string[]): Env =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));

/** The names that the problems begin with, sorted, and the problems. */
export function problemsOf(env: Env): { names: string[]; text: string } {
  try {
    parseConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { names: error.problems.map((problem) => problem.split(' ')[0] ?? '').sort(), text: error.message };
  }
  return { names: [], text: '' };
}
