// What can happen to a person's keys, whoever acts: a person, an administrator, a job or a command. The write section,
// the tier and the audit row are part of every change, so nothing goes round them.
import type { Acting, AuditRecorder } from '../audit/audit-recorder.ts';
import type { KeyVault } from '../crypto/key-vault.ts';
import type { ProbeResult, ProviderProbe } from '../providers/provider-probe.ts';
import type { Provider } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import type { Tiers } from '../users/tiers.ts';
import { usableUser } from '../users/usable-user.ts';
import type { CachedUser, UserCache } from '../users/user-cache.ts';
import type { UserDirectory } from '../users/user-directory.ts';
import type { KeyView, UserView } from '../users/user-view.ts';
import type { UserWrites } from '../users/user-writes.ts';
import { type AddedKey, createKeyChanges, type KeyChanges, type NewKey, onlyTurnsOff } from './key-changes.ts';
import { createEndpointChoice, type EndpointCheck } from './key-endpoint.ts';
import { createKeySections } from './key-sections.ts';
import { createKeyTests } from './key-tests.ts';

export interface KeyServiceDeps {
  readonly directory: UserDirectory;
  readonly cache: UserCache;
  /** Over the same cache. */
  readonly writes: UserWrites;
  readonly vault: KeyVault;
  readonly tiers: Tiers;
  readonly minimumTier: string;
  readonly probe: ProviderProbe;
  readonly checkEndpoint: EndpointCheck;
  /** Throws ByokError while nothing may be written yet. */
  readonly assertWritable: () => void;
  readonly audit: AuditRecorder;
  readonly now?: () => Date;
}

/** Every change has its row in the audit log when it resolves, and when it rejects for a reason that matters. */
export interface KeyService {
  /** The signed-in user. A deleted user is not authenticated, a disabled one is told so. */
  user(userId: string): Promise<UserView>;
  /** As `user`, with the age of what is known. */
  find(userId: string, options?: { readonly revalidate: boolean }): Promise<CachedUser>;
  /**
   * An early look at the tier: passes where memory knows nothing, and reads anew before it refuses. It holds nothing;
   * the section of the change decides. @throws ByokError `tier_required`.
   */
  assertMayStore(userId: string): Promise<void>;
  /** Stores the key in place of any earlier one for the provider. @throws ByokError `tier_required`. */
  add(by: Acting, userId: string, provider: Provider, input: NewKey): Promise<AddedKey>;
  /** Changes what is stored; a new endpoint needs the key again. @throws ByokError `key_not_found`, `tier_required`. */
  change(by: Acting, userId: string, provider: Provider, changes: KeyChanges): Promise<KeyView>;
  /** @returns false where nothing was stored, so that a retry is safe. */
  remove(by: Acting, userId: string, provider: Provider): Promise<boolean>;
  /** Removes a key on its owner's behalf: also of somebody who is disabled. @throws ByokError `user_not_found`. */
  revoke(by: Acting, userId: string, provider: Provider): Promise<boolean>;
  /** Tests a key that is not stored; stores nothing. */
  testCandidate(by: Acting, userId: string, provider: Provider, candidate: NewKey): Promise<ProbeResult>;
  /** Tests the stored key and stores the result, unless the key was replaced meanwhile. @throws ByokError `key_not_found`. */
  testStored(by: Acting, userId: string, provider: Provider): Promise<ProbeResult>;
}

export function createKeyService(deps: KeyServiceDeps): KeyService {
  const { cache, tiers, minimumTier, assertWritable, audit, now = () => new Date() } = deps;
  const sections = createKeySections(deps);
  const endpoints = createEndpointChoice(deps);
  const changes = createKeyChanges({ ...deps, now, endpoints });
  const tests = createKeyTests({ ...deps, now, endpoints, sections });

  const requireTier = (tier: string): void => {
    if (tiers.includes(tier, minimumTier)) return;
    throw new ByokError('tier_required', {
      detail: `Storing API keys needs the ${minimumTier} tier or above; yours is ${tier}.`,
      extras: { required_tier: minimumTier, current_tier: tier },
    });
  };

  const user: KeyService['user'] = async (userId) => usableUser(await cache.get(userId));

  return {
    user,
    async find(userId, options) {
      const found = await cache.find(userId, options);
      usableUser(found?.view);
      if (found === undefined) throw new ByokError('not_authenticated');
      return found;
    },
    async assertMayStore(userId) {
      assertWritable();
      const known = cache.known(userId);
      if (known === undefined || tiers.includes(known.tier, minimumTier)) return;
      const found = await cache.find(userId, { revalidate: true });
      if (found?.view.enabled) requireTier(found.view.tier);
    },
    add: (by, userId, provider, input) =>
      audit.attempt(by, { action: 'key.add', subject: userId, provider: provider.id }, async () => {
        assertWritable();
        const added = await sections.within(userId, async (section) => {
          requireTier(tiers.tierOf(section.user));
          return await changes.add(section, provider, input);
        });
        const action = added.replaced ? 'key.replace' : 'key.add';
        await audit.recordChange(by, { action, subject: userId, provider: provider.id });
        return added;
      }),
    change: (by, userId, provider, wanted) =>
      audit.attempt(by, { action: 'key.change', subject: userId, provider: provider.id }, async () => {
        assertWritable();
        const changed = await sections.within(userId, async (section) => {
          // Turning a key off is always allowed: it protects its owner.
          if (!onlyTurnsOff(wanted)) requireTier(tiers.tierOf(section.user));
          return await changes.change(section, provider, wanted);
        });
        const details = whatChanged(wanted);
        await audit.recordChange(by, { action: 'key.change', subject: userId, provider: provider.id, details });
        return changed;
      }),
    remove: (by, userId, provider) =>
      audit.attempt(by, { action: 'key.delete', subject: userId, provider: provider.id }, async () => {
        assertWritable();
        const removed = await sections.within(userId, (section) => changes.remove(section, provider));
        const entry = { action: 'key.delete', subject: userId, provider: provider.id, details: { removed } } as const;
        await audit.recordChange(by, entry);
        return removed;
      }),
    revoke: (by, userId, provider) =>
      audit.attempt(by, { action: 'admin.revoke', subject: userId, provider: provider.id }, async () => {
        assertWritable();
        const removed = await sections.withinAnybodys(userId, (section) => changes.remove(section, provider));
        const entry = { action: 'admin.revoke', subject: userId, provider: provider.id, details: { removed } } as const;
        await audit.recordChange(by, entry);
        return removed;
      }),
    testCandidate: (by, userId, provider, candidate) =>
      audit.attempt(by, { action: 'key.test', subject: userId, provider: provider.id }, async () => {
        await user(userId);
        const result = await tests.candidate(provider, candidate);
        await audit.record(by, testEntry(userId, provider, result, false));
        return result;
      }),
    testStored: (by, userId, provider) =>
      audit.attempt(by, { action: 'key.test', subject: userId, provider: provider.id }, async () => {
        assertWritable();
        const result = await tests.stored(userId, provider);
        await audit.record(by, testEntry(userId, provider, result, true));
        return result;
      }),
  };
}

/** Which fields, never what they hold; but for whether the key is on. */
function whatChanged({ label, enabled, key, endpoint }: KeyChanges) {
  return {
    ...(label === undefined ? {} : { label: true }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(key === undefined ? {} : { key: true }),
    ...(endpoint === undefined ? {} : { endpoint: true }),
  };
}

/** The test is what succeeds or fails: a key that does not work is a test that failed. */
function testEntry(subject: string, provider: Provider, { status, reason }: ProbeResult, stored: boolean) {
  const outcome = status === 'valid' ? ({ outcome: 'ok' } as const) : ({ outcome: 'failed', reason } as const);
  return { action: 'key.test', ...outcome, subject, provider: provider.id, details: { status, stored } } as const;
}
