// The tokens that an operator has made for services: never kept themselves, only their hash.
import type { ServiceScope } from '../shared/service-scopes.ts';

export interface ServiceToken {
  /** Unique among those that are not revoked. */
  readonly name: string;
  readonly scopes: readonly ServiceScope[];
  /** Undefined: all. */
  readonly providers: readonly string[] | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | undefined;
}

export type NewServiceToken = Omit<ServiceToken, 'revokedAt'> & {
  /** SHA-256 of the token, hex. */
  readonly tokenHash: string;
};

/** Every method throws ByokError `database_unavailable`. */
export interface ServiceTokenStore {
  /** @returns false where a token of this name exists and is not revoked: nothing was stored. */
  create(token: NewServiceToken): Promise<boolean>;
  /** The token with this hash, unless it is revoked. Whether it has expired is for the caller to see. */
  findByHash(tokenHash: string): Promise<ServiceToken | undefined>;
  /** All, revoked ones included, by time of creation. */
  list(): Promise<ServiceToken[]>;
  /** @returns false where no token of this name was in force. */
  revoke(name: string, at: Date): Promise<boolean>;
}
