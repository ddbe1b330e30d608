// What tests of the user cache share: users by version, and a directory that the test holds back.
import { expect, vi } from 'vitest';
import { createUserCache, type UserCache } from '../../../src/users/user-cache.ts';
import type { DirectoryUser } from '../../../src/users/user-directory.ts';
import type { ViewUser } from '../../../src/users/user-view.ts';

/** A user whose name says which state of the directory it is. */
export function userAt(version: number, id = 'ada'): DirectoryUser {
  const names = { username: id, email: undefined, firstName: String(version), lastName: undefined };
  return { id, ...names, enabled: true, emailVerified: true, attributes: {} };
}
export const viewUser: ViewUser = (user) => ({
  id: user.id,
  email: user.email,
  emailVerified: user.emailVerified,
  name: user.firstName,
  tier: 'trial',
  enabled: user.enabled,
  apiCalls: { used: 0, limit: undefined, day: undefined },
  keys: [],
});

type Call = PromiseWithResolvers<DirectoryUser | undefined> & { readonly id: string };

/** A directory that answers when the test says so. */
export function controlled() {
  const calls: Call[] = [];
  const findById = (id: string): Promise<DirectoryUser | undefined> => {
    const call = { id, ...Promise.withResolvers<DirectoryUser | undefined>() };
    calls.push(call);
    return call.promise;
  };
  const call = async (index: number): Promise<Call> => {
    await vi.waitFor(() => expect(calls.length).toBeGreaterThan(index));
    const found = calls[index];
    if (found === undefined) throw new Error(`call ${index} was not made`);
    return found;
  };
  return { calls, call, directory: { findById } };
}

export function cacheOver(
  directory: { findById: (id: string) => Promise<DirectoryUser | undefined> },
  options = {},
): UserCache {
  return createUserCache({ directory, viewUser, ttlMs: 300_000, maxUsers: 100, ...options });
}
