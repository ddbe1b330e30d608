// What the service says of itself, and the parts of it that several cards show.
import type { Answer } from '../../api/client.ts';

export type Overview = Answer<'/api/v1/byok/admin/overview', 'get'>;
export type Day = NonNullable<Overview['adoption']['history']>[number];

/** @returns people with keys among all people; null where nobody has counted them. */
export const shareOf = ({ users_total, users_with_keys }: Day): number | null =>
  users_total === null || users_total === 0 ? null : Math.min(1, users_with_keys / users_total);
