// Writes attributes of one Keycloak user and reads them back: what did not stay is repaired once, or reported.
import { z } from 'zod';
import { ByokError } from '../shared/errors.ts';
import type { AttributeChanges, DirectoryUser } from '../users/user-directory.ts';
import type { WriteIntent } from '../users/write-intents.ts';
import { type FieldError, fieldErrorsOf, isNoSuchUser, type KeycloakFailure, wordsOf } from './keycloak-failures.ts';
import type { KeycloakUsers } from './keycloak-users.ts';

interface UserWriterOptions {
  readonly users: Pick<KeycloakUsers, 'read' | 'replace'>;
  /** As just read, under the lock. */
  readonly user: DirectoryUser;
  /** Records that a write is about to be sent. @throws ByokError `database_unavailable` */
  readonly begin: () => Promise<WriteIntent>;
  /** Which of these attributes the realm's profile does not keep. */
  readonly droppedByProfile: (names: readonly string[]) => Promise<string[]>;
}

export interface UserWriter {
  /** @throws ByokError as `UserSection.write` says. One write at a time. */
  write(changes: AttributeChanges): Promise<DirectoryUser>;
}

export function createKeycloakUserWriter({ users, user, begin, droppedByProfile }: UserWriterOptions): UserWriter {
  // What Keycloak is known to hold; undefined after a write whose end nobody saw.
  let known: DirectoryUser | undefined = user;

  const read = async (): Promise<DirectoryUser> => {
    known = await users.read(user.id);
    if (known === undefined) throw new ByokError('write_conflict', { reason: 'the user was deleted meanwhile' });
    return known;
  };

  /** One PUT and its read-back. The intent of a PUT whose end nobody saw stays, for the next writer to find. */
  const put = async (before: DirectoryUser, changes: AttributeChanges) => {
    const intent = await begin();
    if (!intent.mayBegin()) {
      await intent.end();
      throw new ByokError('directory_unavailable', { reason: 'the process was held up too long to write safely' });
    }
    known = undefined;
    const result = await users.replace(merged(before, changes));
    if (result.ok || !mayStillRun(result.failure)) await intent.end();
    if (!result.ok) throw writeError(result.failure) ?? result.error;
    const stored = await read();
    return { stored, lost: notKept(stored, changes) };
  };

  return {
    async write(changes) {
      const before = known ?? (await read());
      if (changes.size === 0) return before;
      assertNotBlank(changes);
      const first = await put(before, changes);
      if (first.lost.length === 0) return first.stored;
      const dropped = await droppedByProfile(first.lost);
      if (dropped.length > 0)
        throw new ByokError('directory_misconfigured', {
          reason: `the realm's user profile drops ${dropped.join(', ')}: run \`byok keycloak setup\``,
        });
      // Someone who does not know our lock wrote the user in between. Theirs is kept, ours is added once more.
      const second = await put(first.stored, changes);
      if (second.lost.length === 0) return second.stored;
      throw new ByokError('write_conflict', {
        reason: `another program changes this user at the same time: ${second.lost.join(', ')} did not stay, twice`,
      });
    },
  };
}

function merged(user: DirectoryUser, changes: AttributeChanges): DirectoryUser {
  const attributes = new Map(Object.entries(user.attributes));
  for (const [name, value] of changes) {
    if (value === null) attributes.delete(name);
    else attributes.set(name, [value]);
  }
  return { ...user, attributes: Object.fromEntries(attributes) };
}

function notKept({ attributes }: DirectoryUser, changes: AttributeChanges): string[] {
  return [...changes.keys()].filter((name) => {
    const wanted = changes.get(name) ?? null;
    const values = attributes[name];
    return wanted === null ? values !== undefined : values?.length !== 1 || values[0] !== wanted;
  });
}

/** Keycloak stores nothing for such a value (measured), which would read as a change that did not stay. */
function assertNotBlank(changes: AttributeChanges): void {
  const [name] = [...changes].find(([, value]) => value !== null && value.trim() === '') ?? [];
  if (name !== undefined)
    throw new ByokError('validation_failed', { detail: `A value of nothing but spaces cannot be stored: ${name}.` });
}

/** Not where Keycloak has answered for itself (a proxy may answer 502 to 504 for it), or was never reached. */
function mayStillRun({ status, outcome }: KeycloakFailure): boolean {
  if (outcome === 'garbage') return true;
  if (status !== undefined) return status >= 502 || status === 408;
  return outcome === 'timeout' || outcome === 'cut_off';
}

/** What a refused PUT means, where it means more than "unavailable". */
function writeError(failure: KeycloakFailure): ByokError | undefined {
  if (isNoSuchUser(failure))
    return new ByokError('write_conflict', { reason: 'the user was deleted before it could be written' });
  const errors = failure.own && failure.status === 400 ? fieldErrorsOf(failure.body) : [];
  if (isReadOnly(failure))
    return new ByokError('account_read_only', {
      reason: `Keycloak does not write to the directory that this account comes from (${wordsOf(failure.body)}): set the edit mode of the user federation to UNSYNCED, with Import Users on`,
    });
  const [first] = errors;
  if (first === undefined) return undefined;
  if (errors.every(({ errorMessage }) => errorMessage.startsWith('error-invalid-length'))) return tooLong(first);
  const fields = errors.map(({ field, errorMessage }) => `${field} (${errorMessage})`).join(', ');
  return new ByokError('directory_misconfigured', {
    detail:
      'Keycloak refuses changes to this account because of what its profile holds or demands. An administrator must mend that.',
    reason: `Keycloak refused to write the user: ${fields}`,
  });
}

/** Of a federation in edit mode READ_ONLY, and of one that imports nobody (measured). */
const readOnly = z.object({ errorMessage: z.string().regex(/read[- ]only|not writable/i) });
const isReadOnly = ({ own, status, body }: KeycloakFailure): boolean =>
  own && status === 400 && readOnly.safeParse(body).success;

/** `params` are name, shortest and longest (measured). */
function tooLong({ field, params }: FieldError): ByokError {
  const max = params?.[2];
  const most = typeof max === 'number' ? `at most ${max}` : 'fewer';
  const message = `Too long for this realm: ${field} holds ${most} characters. An administrator can allow more with \`byok keycloak setup\`.`;
  return new ByokError('validation_failed', { detail: message, extras: { errors: [{ path: field, message }] } });
}
