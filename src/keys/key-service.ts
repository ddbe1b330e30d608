// What can happen to a person's keys, no matter who acts: a person, an administrator, a job or a command. The write section,
// the tier and the audit row are part of every change, so nothing goes round them.
import type { AuditAction } from '../audit/audit-log.ts';
import type { Acting, Attempt, AuditEntry, AuditRecorder } from '../audit/audit-recorder.ts';
import type { KeyVault } from '../crypto/key-vault.ts';
import type { EndpointAddresses } from '../providers/endpoint-addresses.ts';
import type { ProbeResult, ProviderProbe } from '../providers/provider-probe.ts';
import type { Provider } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import type { Tiers } from '../users/tiers.ts';
import { usableUser } from '../users/usable-user.ts';
import type { CachedUser, UserCache } from '../users/user-cache.ts';
import type { UserDirectory } from '../users/user-directory.ts';
import type { KeyView, UserView } from '../users/user-view.ts';
import type { UserWrites } from '../users/user-writes.ts';
import { endpointWarnings } from './endpoint-warnings.ts';
import { type AddedKey, createKeyChanges, type KeyChanges, type NewKey, onlyTurnsOff } from './key-changes.ts';
import { type CheckEndpoint, createEndpointChoice } from './key-endpoint.ts';
import { createKeySections } from './key-sections.ts';
import { type Candidate, createKeyTests, type SendAnyway, type TestResult } from './key-tests.ts';

export interface KeyServiceDeps {
  readonly directory: UserDirectory;
  readonly cache: UserCache;
  /** Over the same cache. */
  readonly writes: UserWrites;
  readonly vault: KeyVault;
  readonly tiers: Tiers;
  readonly minimumTier: string;
  readonly probe: ProviderProbe;
  readonly checkEndpoint: CheckEndpoint;
  readonly endpoints: Pick<EndpointAddresses, 'confirm'>;
  /** Throws ByokError while nothing may be written yet. */
  readonly assertWritable: () => void;
  readonly audit: AuditRecorder;
  readonly now?: () => Date;
}

export interface ChangedKey extends KeyView {
  /** Sentences for the person. */
  readonly warnings: readonly string[];
}

/** Every change has its row in the audit log when it resolves, and when it rejects for a reason that matters. */
export interface KeyService {
  /** The signed-in user. A deleted user is not authenticated, a disabled one is told so. */
  user(userId: string): Promise<UserView>;
  /** As `user`, with the age of what is known. */
  find(userId: string, options?: { readonly revalidate: boolean }): Promise<CachedUser>;
  /**
   * An early look at the tier: passes where memory knows nothing, and reads again before it refuses. It holds nothing;
   * the section of the change decides. @throws ByokError `tier_required`.
   */
  assertMayStore(userId: string): Promise<void>;
  /** Stores the key in place of any earlier one for the provider. @throws ByokError `tier_required`. */
  add(by: Acting, userId: string, provider: Provider, input: NewKey): Promise<AddedKey>;
  /** Changes what is stored; a new endpoint needs the key again. @throws ByokError `key_not_found`, `tier_required`. */
  change(by: Acting, userId: string, provider: Provider, changes: KeyChanges): Promise<ChangedKey>;
  /** @returns false where nothing was stored, so that a retry is safe. */
  remove(by: Acting, userId: string, provider: Provider): Promise<boolean>;
  /** Removes a key on its owner's behalf: also of somebody who is disabled. @throws ByokError `user_not_found`. */
  revoke(by: Acting, userId: string, provider: Provider): Promise<boolean>;
  /** Tests a key that is not stored; stores nothing. */
  testCandidate(by: Acting, userId: string, provider: Provider, candidate: Candidate): Promise<ProbeResult>;
  /** Tests the stored key and stores the result, unless the key was replaced meanwhile. @throws ByokError `key_not_found`. */
  testStored(by: Acting, userId: string, provider: Provider, how?: SendAnyway): Promise<TestResult>;
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

  /** Each change, and its row: `entry` is what only the work knows of it. */
  const changing = <T>(by: Acting, attempt: Attempt, work: () => Promise<Done<T>>): Promise<T> =>
    audit.attempt(by, attempt, async () => {
      assertWritable();
      const { done, entry } = await work();
      await audit.recordChange(by, { ...attempt, ...entry });
      return done;
    });

  /** The test is what succeeds or fails: a key that does not work is a test that failed. */
  const testing = <T extends ProbeResult>(by: Acting, attempt: Attempt, stored: boolean, work: () => Promise<T>) =>
    audit.attempt(by, attempt, async () => {
      const result = await work();
      const { status, reason } = result;
      const outcome = status === 'valid' ? ({ outcome: 'ok' } as const) : ({ outcome: 'failed', reason } as const);
      await audit.record(by, { ...attempt, ...outcome, details: { status, stored } });
      return result;
    });

  /** Once the key is stored and nobody waits for its turn any more: a look-up takes its time. */
  const aboutEndpoint = (userId: string, endpoint: string | undefined) =>
    endpointWarnings(userId, endpoint, deps.checkEndpoint, deps.endpoints);

  const user: KeyService['user'] = async (userId) => usableUser(await cache.get(userId));

  return {
    user,
    async find(userId, options) {
      const found = await cache.find(userId, options);
      if (found === undefined) throw new ByokError('not_authenticated');
      usableUser(found.view);
      return found;
    },
    async assertMayStore(userId) {
      assertWritable();
      const known = cache.known(userId);
      if (known === undefined || tiers.includes(known.tier, minimumTier)) return;
      const found = await cache.find(userId, { revalidate: true });
      if (found?.view.enabled) requireTier(found.view.tier);
    },
    async add(by, userId, provider, input) {
      const { endpoint, ...added } = await changing(by, about('key.add', userId, provider), async () => {
        const added = await sections.within(userId, async (section) => {
          requireTier(tiers.tierOf(section.user));
          return await changes.add(section, provider, input);
        });
        return { done: added, entry: added.replaced ? { action: 'key.replace' } : {} };
      });
      return { ...added, warnings: [...added.warnings, ...(await aboutEndpoint(userId, endpoint))] };
    },
    async change(by, userId, provider, wanted) {
      const changed = await changing(by, about('key.change', userId, provider), async () => {
        const changed = await sections.within(userId, async (section) => {
          // Turning a key off is always allowed: it protects its owner.
          if (!onlyTurnsOff(wanted)) requireTier(tiers.tierOf(section.user));
          return await changes.change(section, provider, wanted);
        });
        return { done: changed, entry: { details: whatChanged(wanted) } };
      });
      const warnings = wanted.key === undefined ? [] : await aboutEndpoint(userId, changed.endpoint);
      return { ...changed, warnings };
    },
    remove: (by, userId, provider) =>
      changing(by, about('key.delete', userId, provider), async () => {
        const removed = await sections.within(userId, (section) => changes.remove(section, provider));
        return { done: removed, entry: { details: { removed } } };
      }),
    revoke: (by, userId, provider) =>
      changing(by, about('admin.revoke', userId, provider), async () => {
        const removed = await sections.withinAnybodys(userId, (section) => changes.remove(section, provider));
        return { done: removed, entry: { details: { removed } } };
      }),
    testCandidate: (by, userId, provider, candidate) =>
      testing(by, about('key.test', userId, provider), false, async () => {
        const { keys } = await user(userId);
        return await tests.candidate(provider, candidate, keys);
      }),
    testStored: (by, userId, provider, how) =>
      testing(by, about('key.test', userId, provider), true, async () => {
        assertWritable();
        return await tests.stored(userId, provider, how);
      }),
  };
}

interface Done<T> {
  readonly done: T;
  readonly entry: Partial<Pick<AuditEntry, 'action' | 'details'>>;
}

const about = (action: AuditAction, subject: string, { id: provider }: Provider): Attempt => ({
  action,
  subject,
  provider,
});

/** Which fields, never what they hold; but for whether the key is on. */
function whatChanged({ label, enabled, key, endpoint }: KeyChanges) {
  return {
    ...(label === undefined ? {} : { label: true }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(key === undefined ? {} : { key: true }),
    ...(endpoint === undefined ? {} : { endpoint: true }),
  };
}
