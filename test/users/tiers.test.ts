import { describe, expect, it } from 'vitest';
import { createTiers, DEFAULT_TIER_RANKS } from '../../src/users/tiers.ts';

const tiers = createTiers();
const user = (tier?: readonly string[], status?: readonly string[]) => ({
  attributes: {
    ...(tier === undefined ? {} : { subscription_tier: tier }),
    ...(status === undefined ? {} : { subscription_status: status }),
  },
});
const mayStore = (...attributes: Parameters<typeof user>): boolean =>
  tiers.includes(tiers.tierOf(user(...attributes)), 'starter');

describe('the tier that counts', () => {
  it.each(['free', 'starter', 'professional', 'enterprise', 'byok', 'managed', 'vip_founder', 'founder_friend'])(
    'is %s where that is set, with a status that counts or none',
    (tier) => {
      expect(tiers.tierOf(user([tier]))).toBe(tier);
      for (const status of ['active', 'trialing']) expect(tiers.tierOf(user([tier], [status]))).toBe(tier);
      expect(tiers.tierOf(user([tier], []))).toBe(tier);
    },
  );

  it('is trial where none is set', () => {
    for (const none of [undefined, [], ['']]) expect(tiers.tierOf(user(none)), JSON.stringify(none)).toBe('trial');
  });

  it('is trial where there are several, also when they are the same', () => {
    for (const several of [
      ['enterprise', 'free'],
      ['free', 'enterprise'],
      ['enterprise', 'enterprise'],
      ['', 'enterprise'],
    ])
      expect(tiers.tierOf(user(several)), several.join()).toBe('trial');
  });

  it.each(['cancelled', 'canceled', 'past_due', 'unpaid', 'incomplete', 'paused', 'expired', 'Active', ' active', ''])(
    'is trial with status %j',
    (status) => {
      expect(tiers.tierOf(user(['enterprise'], [status]))).toBe('trial');
    },
  );

  it('is trial with several statuses, also when each of them counts', () => {
    for (const several of [
      ['active', 'cancelled'],
      ['cancelled', 'active'],
      ['active', 'active'],
      ['active', 'trialing'],
    ])
      expect(tiers.tierOf(user(['enterprise'], several)), several.join()).toBe('trial');
  });
});

describe('who may store keys', () => {
  it.each(['starter', 'professional', 'enterprise', 'byok', 'managed', 'founder_friend', 'vip_founder'])(
    '%s may',
    (tier) => {
      expect(mayStore([tier])).toBe(true);
      expect(mayStore([tier], ['past_due'])).toBe(false);
      expect(mayStore([tier, tier])).toBe(false);
    },
  );

  it.each(['trial', 'free', 'gold', 'Starter', 'ENTERPRISE', ' starter', 'starter ', 'starter,enterprise', ''])(
    '%j may not',
    (tier) => {
      expect(mayStore([tier])).toBe(false);
    },
  );

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'a tier named %s is unknown: it includes the lowest only, and nothing includes it',
    (name) => {
      expect(mayStore([name])).toBe(false);
      expect(tiers.includes(name, 'free')).toBe(false);
      expect(tiers.includes(name, 'trial')).toBe(true);
      expect(tiers.includes('enterprise', name)).toBe(false);
    },
  );

  it('nobody may where the required tier is unknown', () => {
    for (const tier of Object.keys(DEFAULT_TIER_RANKS)) expect(tiers.includes(tier, 'gold')).toBe(false);
    expect(tiers.includes('gold', 'gold')).toBe(false);
  });
});

describe('ranks', () => {
  it('are ordered as the contract says', () => {
    const order = ['trial', 'free', 'starter', 'professional', 'enterprise'];
    for (const [high, tier] of order.entries())
      for (const [low, required] of order.entries()) expect(tiers.includes(tier, required)).toBe(high >= low);
    for (const [same, as] of [
      ['byok', 'starter'],
      ['managed', 'professional'],
      ['founder_friend', 'professional'],
      ['vip_founder', 'professional'],
    ] as const) {
      expect(tiers.includes(same, as)).toBe(true);
      expect(tiers.includes(as, same)).toBe(true);
    }
  });

  it('come from the configuration', () => {
    const own = createTiers({ trial: 0, gold: 7, starter: 3 });
    expect(own.includes('gold', 'starter')).toBe(true);
    expect(own.includes('starter', 'gold')).toBe(false);
    expect(own.includes('enterprise', 'starter')).toBe(false);
  });

  it('of unknown tiers are that of trial, so that whoever lets trial in lets them in too', () => {
    const own = createTiers({ trial: 1, starter: 2 });
    expect(own.includes('gold', 'trial')).toBe(true);
    expect(own.includes('gold', 'starter')).toBe(false);
  });

  it('without trial among them let nobody unknown in', () => {
    const own = createTiers({ starter: 0, gold: 1 });
    for (const tier of ['trial', 'unknown', '']) expect(own.includes(tier, 'starter'), tier).toBe(false);
    expect(own.includes('gold', 'starter')).toBe(true);
  });
});
