// Believes Keycloak's tokens only as far as they go: issuer, algorithms, audience and kind are pinned.
import { hash } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { LRUCache } from 'lru-cache';
import type { ServiceTokenVerifier } from '../services/service-identities.ts';
import type { IdentityProvider, TokenUser } from '../sessions/identity-provider.ts';
import { ByokError } from '../shared/errors.ts';
import {
  readAccessClaims,
  readLogoutClaims,
  readServiceClaims,
  refused,
  type TokenClients,
} from './keycloak-claims.ts';
import type { RealmEndpoints } from './keycloak-discovery.ts';
import { badAnswer, type KeycloakFetch } from './keycloak-fetch.ts';

interface KeycloakTokensOptions extends TokenClients {
  /** What tokens must say of the realm, and where this service reads its keys. */
  realm: () => Promise<Pick<RealmEndpoints, 'issuer' | 'algorithms' | 'jwks'>>;
  fetch: KeycloakFetch;
}

type KeycloakTokens = Pick<IdentityProvider, 'verifyAccessToken' | 'verifyLogoutToken'> & ServiceTokenVerifier;

const MAX_TOKEN_LENGTH = 16_384;
const CLOCK_TOLERANCE_SECONDS = 5;
/**
 * A key that is not known is looked for at most this often, however many tokens name one. For so long, after anybody has made
 * it look, a new key of the realm is not known: no longer than somebody tries again.
 */
const KEY_COOLDOWN_MS = 5_000;
const FAILURE_COOLDOWN_MS = 1000;
const LOGOUT_MAX_AGE_SECONDS = 300;

export function createKeycloakTokens(options: KeycloakTokensOptions): KeycloakTokens {
  const { clientId } = options;
  const verified = createVerify(options);
  // Checking a signature costs 170 µs; the answer for one token stays the same until it expires.
  const accepted = new LRUCache<string, { user: TokenUser; until: number }>({ max: 10_000 });
  const usedLogoutTokens = new LRUCache<string, true>({ max: 10_000 });

  return {
    async verifyAccessToken(token) {
      if (token.length > MAX_TOKEN_LENGTH) throw refused('not_authenticated', 'token too long');
      const tokenHash = hash('sha256', token, 'base64url');
      const known = accepted.get(tokenHash);
      if (known !== undefined && Date.now() < known.until) return known.user;
      const payload = await verified(token, { requiredClaims: ['exp', 'iat', 'sub'] }, 'not_authenticated');
      const user = readAccessClaims(payload, options);
      accepted.set(tokenHash, { user, until: (payload.exp ?? 0) * 1000 });
      return user;
    },
    // Remembered by the caller, together with the service tokens of our own.
    async verifyServiceToken(token) {
      if (token.length > MAX_TOKEN_LENGTH) throw refused('not_authenticated', 'token too long');
      const checks = { audience: clientId, requiredClaims: ['exp', 'iat', 'sub'] };
      const payload = await verified(token, checks, 'not_authenticated');
      return { caller: readServiceClaims(payload, clientId), until: (payload.exp ?? 0) * 1000 };
    },
    async verifyLogoutToken(token) {
      if (token.length > MAX_TOKEN_LENGTH) throw refused('invalid_request', 'token too long');
      const checks = {
        typ: 'logout+jwt',
        audience: clientId,
        requiredClaims: ['exp', 'iat', 'jti'],
        maxTokenAge: LOGOUT_MAX_AGE_SECONDS,
      };
      const payload = await verified(token, checks, 'invalid_request');
      const subject = readLogoutClaims(payload);
      const life = ((payload.exp ?? 0) + CLOCK_TOLERANCE_SECONDS) * 1000 - Date.now();
      const jti = payload.jti ?? '';
      if (usedLogoutTokens.has(jti)) throw refused('invalid_request', 'logout token used before');
      usedLogoutTokens.set(jti, true, { ttl: Math.max(1, Math.ceil(life)) });
      return subject;
    },
  };
}

type Verify = (
  token: string,
  checks: JWTVerifyOptions,
  code: 'not_authenticated' | 'invalid_request',
) => Promise<JWTPayload>;

/** Issuer, algorithms and signature are the same for every kind of token. */
function createVerify(options: KeycloakTokensOptions): Verify {
  // While the realm or its keys cannot be read, tokens fail fast instead of each asking again.
  const [forRealm, forKeys] = [createFailFast(), createFailFast()];
  const realm = () => forRealm(options.realm);
  const keys = createKeys({ realm, fetch: (...args) => forKeys(() => options.fetch(...args)) });
  return async (token, checks, code) => {
    const { issuer, algorithms } = await realm();
    const common = { issuer, algorithms: [...algorithms], clockTolerance: CLOCK_TOLERANCE_SECONDS };
    try {
      return (await jwtVerify(token, keys, { ...common, ...checks })).payload;
    } catch (error) {
      if (error instanceof ByokError) throw error;
      throw refused(code, error instanceof errors.JOSEError ? error.code : 'not a token');
    }
  };
}

/** @returns a function that makes calls, and for a second after one has failed repeats its error. */
function createFailFast() {
  let failure: { at: number; error: unknown } | undefined;
  return async <T>(call: () => Promise<T>): Promise<T> => {
    if (failure !== undefined && performance.now() - failure.at < FAILURE_COOLDOWN_MS) throw failure.error;
    try {
      return await call();
    } catch (error) {
      failure = { at: performance.now(), error };
      throw error;
    }
  };
}

/** The realm's keys, read when first needed. Throws ByokError `directory_unavailable` where they cannot be read. */
function createKeys({ realm, fetch }: Pick<KeycloakTokensOptions, 'realm' | 'fetch'>): JWTVerifyGetKey {
  let remote: Promise<JWTVerifyGetKey> | undefined;
  const open = async (): Promise<JWTVerifyGetKey> =>
    createRemoteJWKSet(new URL((await realm()).jwks), { cooldownDuration: KEY_COOLDOWN_MS, [customFetch]: fetch });
  return async (header, token) => {
    // One set for all: a burst of first tokens must not make one each.
    remote ??= open().catch((error: unknown) => {
      remote = undefined;
      throw error;
    });
    const keys = await remote;
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof ByokError || isAboutTheToken(error)) throw error;
      throw badAnswer('did not answer with its keys');
    }
  };
}

const isAboutTheToken = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  error instanceof errors.JWKSMultipleMatchingKeys ||
  error instanceof errors.JOSENotSupported;
