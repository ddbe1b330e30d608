// Whether somebody who has signed in still counts: decided here, for whatever asks.
import { ByokError } from '../shared/errors.ts';
import type { UserView } from './user-view.ts';

/** The user as the directory knows them now; undefined where there is no such user (any more). */
export type DescribeUser = (
  userId: string,
) => Promise<Pick<UserView, 'email' | 'name' | 'tier' | 'enabled'> | undefined>;

/** @throws ByokError `not_authenticated` for a user who was deleted since, `account_disabled` for one who was disabled. */
export function usableUser<U extends { readonly enabled: boolean }>(user: U | undefined): U {
  if (user === undefined) throw new ByokError('not_authenticated', { reason: 'the session’s user does not exist' });
  if (!user.enabled) throw new ByokError('account_disabled');
  return user;
}
