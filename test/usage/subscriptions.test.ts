import { beforeEach, describe, expect, it } from 'vitest';
import type { ServiceCaller } from '../../src/services/service-caller.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createSubscriptions } from '../../src/usage/subscriptions.ts';
import { createTiers, DEFAULT_TIER_RANKS } from '../../src/users/tiers.ts';
import { createKeyWorld } from '../support/memory/key-world.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';

const BILLING: ServiceCaller = { kind: 'service', id: 'billing', scopes: new Set(['tier']), providers: undefined };
const ORIGIN = { requestId: 'r-1', address: '10.0.0.7' };

describe('setting a tier', () => {
  let world: ReturnType<typeof createKeyWorld>;
  let audit: ReturnType<typeof createMemoryAuditLog>;
  let subscriptions: ReturnType<typeof createSubscriptions>;
  beforeEach(() => {
    world = createKeyWorld();
    audit = createMemoryAuditLog();
    subscriptions = createSubscriptions({
      directory: world.directory,
      requireVerified: true,
      writes: world.writes,
      tiers: createTiers(),
      knownTiers: new Set(Object.keys(DEFAULT_TIER_RANKS)),
      usage: { current: async () => ({ used: 3, limit: 10, day: '2026-11-22' }) },
      audit,
      assertWritable: () => world.gate.assertWritable(),
    });
  });
  const set = (tier: string, status?: string) =>
    subscriptions.set(BILLING, 'ada@example.com', { tier, status }, ORIGIN);
  const row = (more: object) => ({
    action: 'tier.set',
    actor: { kind: 'service', id: 'billing' },
    subject: world.userId,
    details: { tier: 'enterprise', previous_tier: 'starter' },
    ...ORIGIN,
    ...more,
  });

  it('changes what is remembered too, and is recorded with the tier before', async () => {
    await world.cache.get(world.userId);
    await expect(set('enterprise', 'active')).resolves.toMatchObject({
      tier: 'enterprise',
      status: 'active',
      effectiveTier: 'enterprise',
    });
    expect(await world.cache.get(world.userId)).toMatchObject({ tier: 'enterprise' });
    expect(world.directory.attributes(world.userId)).toEqual({
      department: ['Engines'],
      subscription_tier: ['enterprise'],
      subscription_status: ['active'],
    });
    expect(audit.events).toEqual([row({ outcome: 'ok' })]);
    expect(world.directory.openSections()).toBe(0);
  });

  it('repairs a tier with several values, which counted as the lowest', async () => {
    world.tamper({ subscription_tier: ['enterprise', 'free'] });
    await expect(subscriptions.get('ada@example.com')).resolves.toMatchObject({
      tier: 'trial',
      effectiveTier: 'trial',
    });
    await expect(set('professional')).resolves.toMatchObject({ effectiveTier: 'professional' });
  });

  it('changes nothing where it cannot be recorded', async () => {
    audit.broken = true;
    await expect(set('enterprise')).rejects.toMatchObject({ code: 'audit_unavailable' });
    expect(world.directory.attributes(world.userId).subscription_tier).toEqual(['starter']);
    expect(world.directory.openSections()).toBe(0);
  });

  it('that failed is recorded as well', async () => {
    world.directory.onStep = (step) => {
      if (step === 'write') throw new ByokError('write_conflict');
    };
    await expect(set('enterprise')).rejects.toMatchObject({ code: 'write_conflict' });
    expect(audit.events).toEqual([row({ outcome: 'ok' }), row({ outcome: 'failed', reason: 'write_conflict' })]);
  });

  it('waits until anything may be written, and needs a known tier and a user', async () => {
    await expect(set('gold')).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(set('constructor')).rejects.toMatchObject({ code: 'validation_failed' });
    const nobody = subscriptions.set(BILLING, 'nobody@example.com', { tier: 'starter', status: undefined }, ORIGIN);
    await expect(nobody).rejects.toMatchObject({ code: 'user_not_found' });
    expect(audit.events).toMatchObject([{ outcome: 'refused', reason: 'user_not_found' }]);
    world.gate.assertWritable = () => {
      throw new ByokError('not_ready');
    };
    await expect(set('enterprise')).rejects.toMatchObject({ code: 'not_ready' });
  });
});
