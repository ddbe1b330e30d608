// A user directory in its store, as its contract uses it.
import { randomUUID } from 'node:crypto';
import type { DirectoryUser, UserDirectory, UserSection } from '../../src/users/user-directory.ts';

export interface SeedUser {
  readonly username: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** Default true. */
  readonly enabled?: boolean;
  /** Default true. */
  readonly emailVerified?: boolean;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
}

export interface DirectoryUnderTest {
  readonly directory: UserDirectory;
  /** Creates a user in the store, behind the directory's back. @returns its id. */
  seed(user: SeedUser): Promise<string>;
  /** Removes a user from the store, behind the directory's back. */
  remove(id: string): Promise<void>;
  /** Frees what `open` made besides the directory, which the suite closes itself. */
  close(): Promise<void>;
}

/** A person whom nobody else is. */
export function ada(): SeedUser {
  const unique = randomUUID();
  return {
    username: `ada-${unique}`,
    email: `ada-${unique}@example.com`,
    firstName: 'Ada',
    lastName: 'Lovelace',
    attributes: { department: ['Engines'], subscription_tier: ['starter'] },
  };
}

export const mustFind = async (directory: UserDirectory, id: string): Promise<DirectoryUser> =>
  present(await directory.findById(id));

export const mustOpen = async (directory: UserDirectory, id: string): Promise<UserSection> =>
  present(await directory.openSection(id));

/** Changes a user in a section of its own. `null` removes an attribute. */
export async function writeTo(
  directory: UserDirectory,
  id: string,
  changes: Readonly<Record<string, string | null>>,
): Promise<DirectoryUser> {
  const section = await mustOpen(directory, id);
  try {
    return await section.write(new Map(Object.entries(changes)));
  } finally {
    section.close();
  }
}

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('expected to find the user');
  return value;
}
