// What a subscription allows. Fails closed: whatever is not understood ranks lowest.
import type { DirectoryUser } from './user-directory.ts';

export const LOWEST_TIER = 'trial';

/** Ranks by tier name; the higher number includes the lower. Billing systems add names, so this is configuration. */
export const DEFAULT_TIER_RANKS: Readonly<Record<string, number>> = {
  trial: 0,
  free: 1,
  starter: 2,
  byok: 2,
  professional: 3,
  managed: 3,
  founder_friend: 3,
  vip_founder: 3,
  enterprise: 4,
};

const COUNTING_STATUSES: ReadonlySet<string> = new Set(['active', 'trialing']);

export interface Tiers {
  /** The tier that counts for this user now: the lowest where the subscription has lapsed or the attribute is not exactly one value. */
  tierOf(user: Pick<DirectoryUser, 'attributes'>): string;
  /** Whether `tier` includes `required`. Unknown tiers include nothing above the lowest. */
  includes(tier: string, required: string): boolean;
}

export function createTiers(ranks: Readonly<Record<string, number>> = DEFAULT_TIER_RANKS): Tiers {
  const rankByTier = new Map(Object.entries(ranks));
  // An unknown tier is worth as much as none.
  const lowest = rankByTier.get(LOWEST_TIER) ?? Number.NEGATIVE_INFINITY;
  return {
    tierOf({ attributes }) {
      const status = attributes.subscription_status ?? [];
      const lapsed = status.length > 1 || (status[0] !== undefined && !COUNTING_STATUSES.has(status[0]));
      const [tier, ...more] = attributes.subscription_tier ?? [];
      return lapsed || more.length > 0 || !tier ? LOWEST_TIER : tier;
    },
    includes: (tier, required) =>
      (rankByTier.get(tier) ?? lowest) >= (rankByTier.get(required) ?? Number.POSITIVE_INFINITY),
  };
}
