// A user directory in memory, for tests of what stands on top of one. It keeps the contract of every other directory
// (its test runs the same suite), and can be told to fail or to wait.
import { randomUUID } from 'node:crypto';
import { isSameAddress } from '../../../src/shared/email-address.ts';
import { ByokError } from '../../../src/shared/errors.ts';
import type { AttributeChanges, DirectoryUser, UserDirectory, UserSection } from '../../../src/users/user-directory.ts';
import type { SeedUser } from '../../users/directory-under-test.ts';

/** `write` comes before a write takes effect, `written` after. */
export type DirectoryStep = 'findById' | 'findByEmail' | 'search' | 'openSection' | 'write' | 'written' | 'check';

export interface MemoryUserDirectory extends UserDirectory {
  /** Every step so far, in order. */
  readonly steps: DirectoryStep[];
  /** Called at each step; what it throws, the directory throws, and what it waits for, the directory waits for. */
  onStep: (step: DirectoryStep, userId: string) => Promise<void> | void;
  /** @returns the new user's id. */
  seed(user: SeedUser): string;
  /** Changes a user behind everybody's back. */
  change(id: string, changes: Partial<Omit<DirectoryUser, 'id'>>): void;
  remove(id: string): void;
  attributes(id: string): DirectoryUser['attributes'];
  /** How many sections are held. */
  openSections(): number;
}

export function createMemoryUserDirectory(): MemoryUserDirectory {
  const users = new Map<string, DirectoryUser>();
  const lock = createLock();
  const steps: DirectoryStep[] = [];
  let sections = 0;

  const step = async (name: DirectoryStep, userId: string): Promise<void> => {
    steps.push(name);
    await directory.onStep(name, userId);
  };

  const write = async (id: string, changes: AttributeChanges): Promise<DirectoryUser> => {
    await step('write', id);
    const user = users.get(id);
    if (user === undefined) throw new ByokError('write_conflict');
    const attributes = new Map(Object.entries(user.attributes));
    for (const [name, value] of changes) {
      // As Keycloak does: an empty value is dropped without a word, so it counts as not kept.
      if (value === '') throw new ByokError('write_conflict');
      if (value === null) attributes.delete(name);
      else attributes.set(name, [value]);
    }
    const changed = { ...user, attributes: Object.fromEntries(attributes) };
    users.set(id, changed);
    await step('written', id);
    return changed;
  };

  const openSection = async (id: string): Promise<UserSection | undefined> => {
    using held = new DisposableStack();
    const release = held.adopt(await lock(id), (giveBack) => giveBack());
    await step('openSection', id);
    const user = users.get(id);
    if (user === undefined) return undefined;
    held.move();
    return section(user, release);
  };

  const section = (user: DirectoryUser, release: () => void): UserSection => {
    let open = true;
    sections += 1;
    const close = (): void => {
      if (!open) return;
      open = false;
      sections -= 1;
      release();
    };
    return {
      user,
      async write(changes) {
        if (!open) throw new Error('this section was closed');
        return await write(user.id, changes);
      },
      close,
      [Symbol.dispose]: close,
    };
  };

  const directory: MemoryUserDirectory = {
    steps,
    onStep: () => undefined,
    seed(user) {
      const id = randomUUID();
      const names = { email: user.email, firstName: user.firstName, lastName: user.lastName };
      users.set(id, {
        id,
        username: user.username,
        ...names,
        enabled: user.enabled ?? true,
        emailVerified: user.emailVerified ?? true,
        attributes: user.attributes ?? {},
      });
      return id;
    },
    change(id, changes) {
      users.set(id, { ...present(users.get(id)), ...changes });
    },
    remove: (id) => void users.delete(id),
    attributes: (id) => present(users.get(id)).attributes,
    openSections: () => sections,
    async findById(id) {
      await step('findById', id);
      return users.get(id);
    },
    async findByEmail(email) {
      await step('findByEmail', email);
      const found = [...users.values()].filter((user) => user.email !== undefined && isSameAddress(user.email, email));
      if (found.length > 1) throw new ByokError('email_ambiguous');
      return found[0];
    },
    async search(query, { first, max }) {
      await step('search', query);
      const one = users.get(query);
      if (one !== undefined) return first === 0 ? [one] : [];
      const words = query.trim().toLowerCase().split(/\s+/);
      const fits = ({ email, username, firstName, lastName }: DirectoryUser): boolean => {
        const names = [email, username, firstName, lastName].join('\n').toLowerCase();
        return words.every((word) => names.includes(word));
      };
      const found = [...users.values()].filter(fits).sort((a, b) => (a.username < b.username ? -1 : 1));
      return found.slice(first, first + max);
    },
    openSection,
    async *listUsers() {
      yield* [...users.values()];
    },
    count: async () => users.size,
    check: () => step('check', ''),
    close: async () => undefined,
  };
  return directory;
}

/** One at a time for each name, in the order of asking. */
function createLock(): (name: string) => Promise<() => void> {
  const tails = new Map<string, Promise<void>>();
  return async (name) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = tails.get(name);
    tails.set(name, promise);
    await before;
    return resolve;
  };
}

function present(user: DirectoryUser | undefined): DirectoryUser {
  if (user === undefined) throw new Error('there is no such user');
  return user;
}
