// What a service asks for and gets: a key with everything it must know of it, or the reason why there is none.
import { ByokError, ERRORS } from '../shared/errors.ts';
import type { UserName } from '../users/find-user.ts';

/** Why a user's own key is not used. */
export const NO_KEY_REASONS = [
  'user_not_found',
  'user_disabled',
  'email_unverified',
  'email_ambiguous',
  'tier',
  'no_key',
  'disabled',
  'unbound',
  'undecryptable',
  'directory_unavailable',
] as const;
export type NoKeyReason = (typeof NO_KEY_REASONS)[number];

export interface ReleaseRequest {
  readonly user: UserName;
  /** `provider`: this one's key and no other's. `preferred`: this one's if there is one, else the next best. */
  readonly wanted: { readonly provider: string } | { readonly preferred: string };
  /** The caller accepts a key that the platform pays for. */
  readonly systemFallback: boolean;
}

export interface ReleasedKey {
  readonly apiKey: string;
  readonly provider: string;
  /** Where the key may be sent; undefined: the provider's own address. Never set for a system key. */
  readonly endpoint: string | undefined;
  /** Whether its host was found to lead to permitted addresses only. Undefined: not asked, or there is no endpoint. */
  readonly endpointChecked?: boolean | undefined;
  readonly source: 'user' | 'system';
  /** With a system key: why the user's own was not used. */
  readonly reason: NoKeyReason | undefined;
  /** Of the user's key; undefined for a system key. */
  readonly version: number | undefined;
  /** Whose it is, or would be; undefined where nobody can say. */
  readonly userId: string | undefined;
  /** How long the caller may keep it. 0: ask again next time. */
  readonly maxAgeSeconds: number;
  /** It comes from a record that could not be refreshed. */
  readonly stale: boolean;
}

/** After the preferred provider these are tried, as the old helpers did. */
const ORDER = ['openai', 'anthropic', 'together', 'groq'];

/** The providers whose keys will do, best first. */
export function candidates({ wanted }: Pick<ReleaseRequest, 'wanted'>): readonly [string, ...string[]] {
  if ('provider' in wanted) return [wanted.provider];
  return [wanted.preferred, ...ORDER.filter((provider) => provider !== wanted.preferred)];
}

const SENTENCES: Readonly<Record<Exclude<NoKeyReason, 'directory_unavailable'>, string>> = {
  user_not_found: 'There is no such user.',
  user_disabled: 'This account is disabled.',
  email_unverified: ERRORS.email_unverified.detail,
  email_ambiguous: ERRORS.email_ambiguous.detail,
  tier: 'The subscription of this user does not include keys of their own.',
  no_key: 'This user has no key that would do.',
  disabled: 'This user has turned the key off.',
  unbound: 'The stored key is not bound to this user, so it is not used. The user has to add it again.',
  undecryptable: 'The stored key cannot be decrypted. The user has to add it again.',
};

/** The error that says so to the service. */
export function notReleased(reason: NoKeyReason): ByokError {
  if (reason === 'directory_unavailable') return new ByokError(reason);
  return new ByokError('key_not_released', {
    detail: SENTENCES[reason],
    extras: { reason },
    reason: `no key released: ${reason}`,
  });
}
