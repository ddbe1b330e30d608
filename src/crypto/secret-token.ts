// The secret in a session cookie, and what may be kept or shown of it.
import { hash, randomBytes } from 'node:crypto';

const TOKEN_SHAPE = /^[A-Za-z0-9_-]{43}$/;

/** @returns 32 random bytes, base64url. Whoever holds it is signed in. */
export const newToken = (): string => randomBytes(32).toString('base64url');

/** @returns the SHA-256 (hex) under which a token is kept; undefined for text that cannot be one of our tokens. */
export function hashOfToken(token: string): string | undefined {
  return TOKEN_SHAPE.test(token) ? hash('sha256', token, 'hex') : undefined;
}

/** @returns the session's public handle: leads neither to the token nor to its stored hash. */
export const sessionIdOf = (tokenHash: string): string =>
  hash('sha256', `session-id:${tokenHash}`, 'base64url').slice(0, 22);
