// The tier of a user, as services read and set it: in the user's own record, where billing keeps it too.
import type { AuditEvent, AuditLog, RequestOrigin } from '../audit/audit-log.ts';
import type { ServiceCaller } from '../services/service-caller.ts';
import { ByokError } from '../shared/errors.ts';
import { LOWEST_TIER, type Tiers } from '../users/tiers.ts';
import type { DirectoryUser, UserDirectory, UserSection } from '../users/user-directory.ts';
import { readApiCalls } from '../users/user-view.ts';
import type { UserWrites } from '../users/user-writes.ts';
import type { Usage, UsageService } from './usage.ts';

interface SubscriptionsDeps {
  directory: Pick<UserDirectory, 'findByEmail' | 'openSection'>;
  /** Refuse addresses that nobody has verified. */
  requireVerified: boolean;
  writes: Pick<UserWrites, 'write'>;
  tiers: Tiers;
  /** Names of the tiers that may be set. */
  knownTiers: ReadonlySet<string>;
  usage: Pick<UsageService, 'current'>;
  audit: AuditLog;
  /** Throws ByokError while nothing may be written yet. */
  assertWritable: () => void;
}

export interface Subscription {
  readonly email: string | undefined;
  /** As stored; `trial` where none is, or several are. */
  readonly tier: string;
  readonly status: string | undefined;
  /** What counts: `trial` while the subscription is lapsed. */
  readonly effectiveTier: string;
  readonly usage: Usage;
}

export interface NewTier {
  readonly tier: string;
  /** Undefined: as it is. */
  readonly status: string | undefined;
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

export function createSubscriptions(deps: SubscriptionsDeps) {
  const { directory, writes, tiers, audit } = deps;

  const describe = async (user: DirectoryUser): Promise<Subscription> => ({
    email: user.email,
    tier: single(user, 'subscription_tier') ?? LOWEST_TIER,
    status: single(user, 'subscription_status'),
    effectiveTier: tiers.tierOf(user),
    usage: await deps.usage.current({ id: user.id, apiCalls: readApiCalls(user) }),
  });

  /** Read fresh: billing may have changed it a moment ago. Throws ByokError `email_unverified`, `email_ambiguous`. */
  const find = async (email: string): Promise<DirectoryUser | undefined> => {
    const user = await directory.findByEmail(email);
    if (deps.requireVerified && user?.emailVerified === false) throw new ByokError('email_unverified');
    return user;
  };

  /** Throws ByokError `user_not_found`, and as `find` does. */
  const get = async (email: string): Promise<Subscription> => {
    const user = await find(email);
    if (user === undefined) throw new ByokError('user_not_found');
    return await describe(user);
  };

  const setIn = async (section: UserSection, wanted: NewTier, event: Omit<AuditEvent, 'outcome'>) => {
    const previous = single(section.user, 'subscription_tier') ?? 'none';
    const row = { ...event, subject: section.user.id, details: { tier: wanted.tier, previous_tier: previous } };
    // The row first: a tier that changed without one must not exist.
    await audit.append({ ...row, outcome: 'ok' });
    const changes = new Map([['subscription_tier', wanted.tier]]);
    if (wanted.status !== undefined) changes.set('subscription_status', wanted.status);
    try {
      return (await writes.write(section, changes)).user;
    } catch (error) {
      const reason = error instanceof ByokError ? error.code : 'internal';
      await audit.append({ ...row, outcome: 'failed', reason });
      throw error;
    }
  };

  /** Throws ByokError `user_not_found`, `validation_failed`, `audit_unavailable`, or as `find` and writing a user do. */
  const set = async (caller: ServiceCaller, email: string, wanted: NewTier, origin: RequestOrigin) => {
    deps.assertWritable();
    if (!deps.knownTiers.has(wanted.tier)) throw unknownTier(deps.knownTiers);
    const event = { action: 'tier.set', actor: { kind: 'service', id: caller.id }, ...origin } as const;
    const user = await find(email);
    using section = user && (await directory.openSection(user.id));
    if (section === undefined) {
      await audit.append({ ...event, outcome: 'refused', reason: 'user_not_found' });
      throw new ByokError('user_not_found');
    }
    return await describe(await setIn(section, wanted, event));
  };

  return { get, set };
}

function single({ attributes }: DirectoryUser, name: string): string | undefined {
  const values = attributes[name] ?? [];
  return values.length === 1 ? values[0] || undefined : undefined;
}

function unknownTier(known: ReadonlySet<string>): ByokError {
  const message = `The tier must be one of ${[...known].join(', ')}. BYOK_TIER_RANKS lists them.`;
  return new ByokError('validation_failed', { detail: message, extras: { errors: [{ path: 'tier', message }] } });
}
