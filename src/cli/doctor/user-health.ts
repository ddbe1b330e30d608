// Finds accounts that the old service, or a race in it, left damaged. Reads only; says what to do about each.
import type { OpenedKey } from '../../crypto/key-vault.ts';
import { PROVIDERS, type Provider } from '../../providers/provider-table.ts';
import { attributeName } from '../../users/key-record.ts';
import { REALM_ATTRIBUTES, type RealmAttribute } from '../../users/realm-attributes.ts';
import type { DirectoryUser, UserDirectory } from '../../users/user-directory.ts';

export interface UserFinding {
  readonly userId: string;
  readonly kind: 'no_email' | 'same_email' | 'several_values' | 'unbound_key' | 'unreadable_key';
  /** Who, what is wrong and what to do. Contains no attribute's value. */
  readonly message: string;
}

interface UserHealthOptions {
  /** What can be done with the user's key for the provider; undefined where there is none. */
  readonly stateOf: (user: DirectoryUser, provider: Provider) => OpenedKey['state'] | undefined;
}

const KEY_PROBLEMS = {
  usable: undefined,
  unbound: {
    kind: 'unbound_key',
    text: 'is not bound to this account and so not used. Run `byok adopt` if the old service wrote it; otherwise its owner has to add it again.',
  },
  undecryptable: {
    kind: 'unreadable_key',
    text: 'cannot be decrypted with any ENCRYPTION_KEY. Put the key back that it was stored with, or have its owner add it again.',
  },
  unknown_key: {
    kind: 'unreadable_key',
    text: 'cannot be read by what is known here of encryption keys: a running replica has one that is not in the ENCRYPTION_KEY of this command, or the audit log does not say which of two is older. Run doctor again with the same list as all replicas; if that says the same, run `byok audit verify`.',
  },
} as const satisfies Record<OpenedKey['state'], { kind: UserFinding['kind']; text: string } | undefined>;

/** Walks through every user of the directory. */
export async function* findDamagedUsers(
  directory: Pick<UserDirectory, 'listUsers'>,
  options: UserHealthOptions,
): AsyncGenerator<UserFinding> {
  const known = new Set<string>();
  for await (const user of directory.listUsers()) {
    yield* examine(user, options);
    const email = user.email?.toLowerCase();
    if (email === undefined) continue;
    if (known.has(email))
      yield {
        userId: user.id,
        kind: 'same_email',
        message: `${user.username} (${user.id}): has the email address of another account, and neither is found by it. Leave it to one of them in the admin console, and switch off Realm settings → Login → Duplicate emails.`,
      };
    known.add(email);
  }
}

function* examine(user: DirectoryUser, { stateOf }: UserHealthOptions): Generator<UserFinding> {
  const finding = (kind: UserFinding['kind'], what: string): UserFinding => ({
    userId: user.id,
    kind,
    message: `${user.username} (${user.id}): ${what}`,
  });
  if (user.email === undefined)
    yield finding(
      'no_email',
      'has no email address, as the old service left accounts behind, and is not found by it. Set email and names in the admin console, under Users.',
    );
  for (const attribute of REALM_ATTRIBUTES.values()) {
    const count = user.attributes[attribute.name]?.length ?? 0;
    if (count > 1) yield finding('several_values', severalValues(attribute, count));
  }
  for (const provider of PROVIDERS.values()) {
    const state = stateOf(user, provider);
    const what = state === undefined ? undefined : KEY_PROBLEMS[state];
    // Several values have been reported above, with the same advice.
    const several = (user.attributes[attributeName(provider.id, 'key')]?.length ?? 0) > 1;
    if (what !== undefined && !several) yield finding(what.kind, `the ${provider.name} key ${what.text}`);
  }
}

function severalValues({ name, owner }: RealmAttribute, count: number): string {
  const what = `${name} has ${count} values, left by changes at the same moment`;
  if (name === 'subscription_tier' || name === 'subscription_status')
    return `${what}, so the account counts as the lowest tier. Leave exactly one in the admin console.`;
  if (owner === 'subscription') return `${what}. Leave exactly one in the admin console.`;
  return `${what}. Its owner adds the key again, or deletes it, which puts that right.`;
}
