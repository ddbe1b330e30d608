// Realms for tests on the shared Keycloak, and what tests do in them by hand: a plain client of the admin REST API
// that shares no code with src/, so that it can judge the adapters.
import { randomBytes } from 'node:crypto';
import { request } from 'undici';
import type { KeycloakServer } from './servers/keycloak-server.ts';

/** A Keycloak representation as it stands in JSON. */
type Representation = Record<string, unknown>;

type RealmOptions = {
  /** What becomes of attributes that the user profile does not declare; Keycloak drops them unless told. */
  readonly unmanagedAttributePolicy?: 'ADMIN_EDIT' | 'ADMIN_VIEW' | 'ENABLED';
  /** More fields of the realm representation, such as `accessTokenLifespan`. */
  readonly settings?: Representation;
};

type NewUser = {
  readonly email: string;
  readonly username?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly password?: string;
  readonly attributes?: Record<string, readonly string[]>;
  readonly enabled?: boolean;
};

/** A client that may sign in with its secret, and how to be it. */
type ConfidentialClient = {
  readonly clientId: string;
  readonly clientSecret: string;
};

type ClientOptions = {
  readonly clientId?: string;
  /** Roles of the client `realm-management` that its service account gets, such as `view-users`. */
  readonly roles?: readonly string[];
  readonly redirectUris?: readonly string[];
  /** More fields of the client representation. */
  readonly settings?: Representation;
};
