// Finds accounts that the old service, or a race in it, left damaged. Reads only; says what to do about each.
import { PROVIDERS, type Provider } from '../domain/provider-table.ts';
import { REALM_ATTRIBUTES, type RealmAttribute } from '../domain/realm-attributes.ts';
import type { DirectoryUser, UserDirectory } from '../domain/user-directory.ts';

export interface UserFinding {
  readonly userId: string;
  readonly kind: 'no_email' | 'several_values' | 'unbound_key';
  /** Who, what is wrong and what to do. Contains no attribute's value. */
  readonly message: string;
}

interface UserHealthOptions {
  /** Whether the user's key for the provider carries no binding to its owner, or a wrong one. */
  readonly isUnbound: (user: DirectoryUser, provider: Provider) => boolean;
}

/** Walks through every user of the directory. */
export async function* findDamagedUsers(
  directory: Pick<UserDirectory, 'listUsers'>,
  options: UserHealthOptions,
): AsyncGenerator<UserFinding> {
  for await (const user of directory.listUsers()) yield* examine(user, options);
}

function* examine(user: DirectoryUser, { isUnbound }: UserHealthOptions): Generator<UserFinding> {
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
    if (isUnbound(user, provider))
      yield finding(
        'unbound_key',
        `the ${provider.name} key is not bound to this account and so not used. Run \`byok adopt\` if the old service wrote it; otherwise its owner has to add it again.`,
      );
  }
}

function severalValues({ name, owner }: RealmAttribute, count: number): string {
  const what = `${name} has ${count} values, left by changes at the same moment`;
  if (name === 'subscription_tier' || name === 'subscription_status')
    return `${what}, so the account counts as the lowest tier. Leave exactly one in the admin console.`;
  if (owner === 'subscription') return `${what}. Leave exactly one in the admin console.`;
  return `${what}. Its owner adds the key again, or deletes it, which puts that right.`;
}
