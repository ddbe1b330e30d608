// Who the users are and where their attributes live. Keycloak in production, a table in the embedded default.

import { ByokError } from '../shared/errors.ts';

/** The directory fails on this user, or on what was asked for, while it answers others: no outage. */
export class AccountUnavailable extends ByokError {
  constructor({ reason, retryAfter = 30 }: { readonly reason: string; readonly retryAfter?: number | undefined }) {
    const detail =
      'The user directory fails on this account or this search. Others are served. Try again later; if it stays so, tell an administrator the request id.';
    super('directory_unavailable', { detail, reason, retryAfter });
  }
}

/** The directory takes no call of this service until somebody changes a setting. What was sent before may have happened. */
export class DirectoryRefusesService extends ByokError {
  constructor(reason: string) {
    const detail =
      'The user directory refuses this service. Nothing is known to be lost. An administrator must run `byok doctor`.';
    super('directory_misconfigured', { detail, reason });
  }
}

/**
 * Whether nobody gets an answer of the directory, for now or until somebody changes a setting: no word on what was asked.
 * The embedded directory is a table: without its database it is away.
 */
export const isDirectoryAway = (error: unknown): boolean =>
  error instanceof DirectoryRefusesService ||
  (error instanceof ByokError && (error.code === 'directory_unavailable' || error.code === 'database_unavailable'));

/** A user as the directory holds it. Attribute values are arrays, as in Keycloak; a missing name means "not set". */
export interface DirectoryUser {
  readonly id: string;
  readonly username: string;
  readonly email: string | undefined;
  readonly firstName: string | undefined;
  readonly lastName: string | undefined;
  readonly enabled: boolean;
  /** Whether the person has shown that the address is theirs. */
  readonly emailVerified: boolean;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
}

/** Attribute changes: a string sets exactly that one value, null removes the attribute. Names not listed stay as they are. */
export type AttributeChanges = ReadonlyMap<string, string | null>;

/**
 * The right to change one user, held by at most one caller at a time.
 * `user` was read after the right was obtained, so it can be decided upon.
 */
export interface UserSection extends Disposable {
  readonly user: DirectoryUser;
  /**
   * Writes the changes and reads them back.
   * @returns the user as the directory holds it now.
   * @throws ByokError `write_conflict` when the directory did not keep the change, `directory_unavailable` when it
   *   could not be reached (the change may or may not have happened), `database_unavailable` when its database failed.
   */
  write(changes: AttributeChanges): Promise<DirectoryUser>;
  /** Gives the right back, as the end of the block does where it was taken with `using`. Idempotent. */
  close(): void;
}

/** Every method throws (`isDirectoryAway`) when the directory cannot answer, or refuses this service; undefined always means "no such user". */
export interface UserDirectory {
  findById(id: string): Promise<DirectoryUser | undefined>;
  /**
   * Exact match, letter case ignored. Throws ByokError `email_ambiguous` where several accounts have the address: none of them is
   * chosen.
   */
  findByEmail(email: string): Promise<DirectoryUser | undefined>;
  /**
   * Users in whose email, username, first or last name every word of the query occurs, letter case ignored, always in
   * the same order. Someone's exact id finds that user alone. No character stands for others.
   * @param page.first counts from 0.
   */
  search(query: string, page: { readonly first: number; readonly max: number }): Promise<DirectoryUser[]>;
  /** Waits for other writers of the user, then reads the user. Undefined when there is no such user. */
  openSection(id: string): Promise<UserSection | undefined>;
  /** Every user, page by page; for operators' commands only. */
  listUsers(): AsyncIterable<DirectoryUser>;
  /** How many users there are. */
  count(): Promise<number>;
  /** Resolves when the directory is reachable, may be written, and would keep what is written; throws ByokError otherwise. */
  check(): Promise<void>;
  close(): Promise<void>;
}
