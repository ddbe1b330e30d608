// Keycloak as the directory of users: one call to read a user, three to change one.
import { setTimeout as wait } from 'node:timers/promises';
import { ByokError } from '../shared/errors.ts';
import type { DirectoryUser, UserDirectory } from '../users/user-directory.ts';
import type { Turn, UserLock } from '../users/user-lock.ts';
import { createKeycloakAdmin, type KeycloakAdmin, type KeycloakAdminOptions } from './keycloak-admin.ts';
import { checkFederations } from './keycloak-federations.ts';
import { keeps } from './keycloak-profile.ts';
import { checkKeycloakRealm, readProfile } from './keycloak-realm-check.ts';
import { readRights } from './keycloak-rights.ts';
import { mayBeUserId } from './keycloak-user-id.ts';
import { createKeycloakUserSection } from './keycloak-user-section.ts';
import { createKeycloakUserWriter } from './keycloak-user-writer.ts';
import { createKeycloakUsers } from './keycloak-users.ts';

export interface KeycloakUserDirectoryOptions extends KeycloakAdminOptions {
  readonly lock: UserLock;
  /** Starts even on a realm that lets people edit their own tier. */
  readonly allowUnmanagedSelfEdit: boolean;
  /** Told by `check` of what works, and keeps some people from storing keys. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** A section closes itself after this long. Default: a minute. */
  readonly maxSectionMs?: number;
  /** How long Keycloak may go on with a write that nobody waits for any more. Default: two seconds. */
  readonly settleMs?: number;
}

const PAGE_SIZE = 100;
/** As Keycloak makes them, and those of users in another directory behind it: others are looked for as names. */
const LOOKS_LIKE_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|f:[^:]+:.+)$/s;
/** A section closes itself after this long. */
export const MAX_SECTION_MS = 60_000;
const SETTLE_MS = 2_000;
// How long it is taken for granted that we still may see users.
const RIGHTS_MS = 60_000;

export function createKeycloakUserDirectory(options: KeycloakUserDirectoryOptions): UserDirectory & AsyncDisposable {
  const { lock, timeoutMs, settleMs = SETTLE_MS, now = Date.now } = options;
  const writeTimes = { callMs: timeoutMs, marginMs: settleMs };
  const admin = createKeycloakAdmin(options);
  const users = createKeycloakUsers(admin);
  const assertSeeing = createSightCheck(admin, now);

  const droppedByProfile = async (names: readonly string[]): Promise<string[]> => {
    const profile = await readProfile(admin);
    if (!profile.ok) throw profile.error;
    return names.filter((name) => !keeps(profile.value, name));
  };

  /** Where a writer was cut off, lets Keycloak finish what it may still be doing for it. */
  const outlast = async ({ intents }: Turn, id: string): Promise<void> => {
    const ms = await intents.unfinished();
    if (ms === undefined) return;
    await wait(Math.min(ms, timeoutMs + settleMs));
    // A Keycloak that had stopped carries out what was waiting in it as soon as it answers again.
    await users.read(id);
    await wait(settleMs);
    await intents.settle();
  };

  return {
    findById: (id) => users.read(id),

    async findByEmail(email) {
      const [user, ...others] = await users.findByEmail(email);
      if (user === undefined && email !== '') await assertSeeing();
      if (others.length > 0)
        throw new ByokError('email_ambiguous', {
          reason: `${others.length + 1} users of the realm share one email address`,
        });
      return user;
    },

    async search(query, { first, max }) {
      const one = first === 0 && LOOKS_LIKE_ID.test(query) ? await users.read(query) : undefined;
      if (one !== undefined) return [one];
      const found = await users.search(query.trim().split(/\s+/), first, max);
      if (found.length === 0) await assertSeeing();
      return found;
    },

    async openSection(id) {
      if (!mayBeUserId(id)) return undefined;
      using held = new DisposableStack();
      const turn = await lock.acquire(id);
      held.defer(turn.release);
      await outlast(turn, id);
      const user = await users.read(id);
      if (user === undefined) return undefined;
      const begin = () => turn.intents.begin(writeTimes);
      const writer = createKeycloakUserWriter({ users, user, droppedByProfile, begin });
      // From here on the section gives it back.
      held.move();
      return createKeycloakUserSection({ user, writer, turn, maxMs: options.maxSectionMs ?? MAX_SECTION_MS });
    },

    listUsers: () => listAll(users.list, assertSeeing),

    async count() {
      const total = await users.count();
      if (total === 0) await assertSeeing();
      return total;
    },

    async check() {
      const findings = await checkKeycloakRealm(admin, { ...options, allowSelfEdit: options.allowUnmanagedSelfEdit });
      const refusals = findings.filter(({ severity }) => severity === 'refuse');
      if (refusals.length > 0)
        throw new ByokError('directory_misconfigured', {
          reason: refusals.map(({ message }) => message).join(' '),
        });
      if (options.onWarning === undefined) return;
      for (const { message } of await checkFederations(admin)) options.onWarning(message);
    },

    close: admin.close,
    [Symbol.asyncDispose]: admin.close,
  };
}

/** To a token with `query-users` alone Keycloak shows an empty realm (measured). That must not read as "no such user". */
function createSightCheck(admin: KeycloakAdmin, now: () => number): () => Promise<void> {
  let seenUntil = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() < seenUntil) return;
    const { view } = await readRights(admin);
    if (!view)
      throw new ByokError('directory_unavailable', {
        reason: 'the service account may not see users: it lacks view-users of realm-management',
      });
    seenUntil = now() + RIGHTS_MS;
  };
}

async function* listAll(
  list: (first: number, max: number) => Promise<DirectoryUser[]>,
  assertSeeing: () => Promise<void>,
): AsyncGenerator<DirectoryUser> {
  for (let first = 0; ; first += PAGE_SIZE) {
    const page = await list(first, PAGE_SIZE);
    if (page.length === 0) await assertSeeing();
    yield* page;
    if (page.length < PAGE_SIZE) return;
  }
}
