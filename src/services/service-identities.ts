// Which service a bearer belongs to: a token of the identity provider, or one that an operator has made.
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ByokError } from '../shared/errors.ts';
import { isServiceToken, type ServiceCaller } from './service-caller.ts';
import type { ServiceTokenStore } from './service-token-store.ts';
import { tokenHashOf } from './service-tokens.ts';

/** Whose tokens are believed besides those that an operator has made. */
export interface ServiceTokenVerifier {
  /**
   * The program behind a client-credentials token meant for this service.
   * @returns it, and until when the token holds, in milliseconds since 1970.
   * @throws ByokError `not_authenticated`.
   */
  verifyServiceToken(token: string): Promise<{ readonly caller: ServiceCaller; readonly until: number }>;
}

interface ServiceIdentitiesDeps {
  tokens: Pick<ServiceTokenStore, 'findByHash'>;
  /** Undefined: the embedded default, where service tokens are the only credential. */
  identityProvider: ServiceTokenVerifier | undefined;
  now?: () => number;
}

export interface ServiceIdentities {
  /** The service, where this bearer was verified before and still holds: without asking anybody. */
  known(bearer: string): ServiceCaller | undefined;
  /** @throws ByokError `not_authenticated`; `database_unavailable` or `directory_unavailable` where it cannot be known. */
  verify(bearer: string): Promise<ServiceCaller>;
}

/** How long a service token goes on counting after it was revoked. */
const MEMORY_MS = 5_000;
const MAX_REMEMBERED = 10_000;

export function createServiceIdentities(deps: ServiceIdentitiesDeps): ServiceIdentities {
  const { tokens, identityProvider, now = () => Date.now() } = deps;
  // By hash, so that no token stays in memory. Checking one costs a query or a signature.
  const remembered = new LRUCache<string, { caller: ServiceCaller; until: number }>({ max: MAX_REMEMBERED });

  const fromServiceToken = async (token: string) => {
    const asked = now();
    const found = await tokens.findByHash(tokenHashOf(token));
    if (found === undefined) throw refused('no such service token');
    const ends = found.expiresAt.getTime();
    if (now() >= ends) throw refused('service token expired');
    const caller: ServiceCaller = {
      kind: 'service',
      id: `token:${found.name}`,
      scopes: new Set(found.scopes),
      providers: found.providers && new Set(found.providers),
    };
    return { caller, until: Math.min(asked + MEMORY_MS, ends) };
  };

  return {
    known(bearer) {
      const entry = remembered.get(hash('sha256', bearer, 'base64url'));
      return entry !== undefined && now() < entry.until ? entry.caller : undefined;
    },
    async verify(bearer) {
      const verified = isServiceToken(bearer)
        ? await fromServiceToken(bearer)
        : await identityProvider?.verifyServiceToken(bearer);
      if (verified === undefined) throw refused('not a service token');
      remembered.set(hash('sha256', bearer, 'base64url'), verified);
      return verified.caller;
    },
  };
}

const refused = (reason: string): ByokError => new ByokError('not_authenticated', { reason });
