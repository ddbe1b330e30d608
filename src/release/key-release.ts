// Hands keys in plain text to internal services: whose key it is, and why, is on record before it leaves.
import type { AuditLog, RequestOrigin } from '../audit/audit-log.ts';
import { keyPlace } from '../crypto/key-place.ts';
import type { KeyVault } from '../crypto/key-vault.ts';
import { keyIsMissing } from '../crypto/master-keys.ts';
import type { EndpointAddresses } from '../providers/endpoint-addresses.ts';
import { mayUse, type ServiceCaller, scopeRequired } from '../services/service-caller.ts';
import { ByokError } from '../shared/errors.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { UserName } from '../users/find-user.ts';
import type { FindUserByEmail } from '../users/find-user-by-email.ts';
import type { Tiers } from '../users/tiers.ts';
import type { CachedUser, UserCache } from '../users/user-cache.ts';
import { candidates, type NoKeyReason, notReleased, type ReleasedKey, type ReleaseRequest } from './released-key.ts';

interface KeyReleaseDeps {
  cache: Pick<UserCache, 'find'>;
  findUserByEmail: FindUserByEmail;
  vault: Pick<KeyVault, 'open'>;
  tiers: Tiers;
  minimumTier: string;
  /** Provider → the platform's own key. */
  systemKeys: ReadonlyMap<string, string>;
  audit: AuditLog;
  /** How long records are kept in memory. */
  ttlMs: number;
}

/** No caller keeps a key longer, whatever the cache is set to. */
const LONGEST_SECONDS = 300;
/** Nobody else's key stands in for these: such a person gets none at all. */
const FINAL: ReadonlySet<NoKeyReason> = new Set([
  'user_not_found',
  'user_disabled',
  'email_unverified',
  'email_ambiguous',
]);
/** What may be found out instead of who it is. */
const UNKNOWN = ['directory_unavailable', 'email_unverified', 'email_ambiguous'] as const;

/** A user, and for one found by email how much longer the address may be taken for theirs. */
type FoundUser = CachedUser & { readonly addressMs?: number };

export interface KeyRelease {
  /**
   * The row of the audit log is on disk when this resolves, and when it rejects.
   * @throws ByokError `key_not_released` with its reason, `scope_required`, `directory_unavailable`; `audit_unavailable`
   *   where the row cannot be written: no key then, whatever there is.
   */
  release(caller: ServiceCaller, request: ReleaseRequest, origin: RequestOrigin): Promise<ReleasedKey>;
}

export function createKeyRelease(deps: KeyReleaseDeps): KeyRelease {
  const { cache, vault, tiers, systemKeys, audit, ttlMs } = deps;

  /** What the server has used up of the time that a record may be kept, the client may not use again. */
  const freshness = (user: FoundUser | undefined): Pick<ReleasedKey, 'maxAgeSeconds' | 'stale' | 'userId'> => {
    if (user === undefined || user.stale) return { maxAgeSeconds: 0, stale: user !== undefined, userId: user?.view.id };
    const left = Math.floor(Math.min(ttlMs - user.ageMs, user.addressMs ?? ttlMs) / 1000);
    return { maxAgeSeconds: Math.max(0, Math.min(LONGEST_SECONDS, left)), stale: false, userId: user.view.id };
  };

  const ownKey = (user: FoundUser, provider: string): ReleasedKey | NoKeyReason => {
    const record = user.view.keys.find((key) => key.provider === provider);
    if (record === undefined) return 'no_key';
    if (!record.enabled) return 'disabled';
    const { endpoint, version } = record;
    const opened = vault.open(keyPlace({ kind: 'user', id: user.view.id }, record), record);
    // Another replica may be able to read it: nobody gets another key in its place.
    if (opened.state === 'unknown_key') throw keyIsMissing();
    if (opened.state !== 'usable') return opened.state;
    return { apiKey: opened.key, provider, endpoint, source: 'user', reason: undefined, version, ...freshness(user) };
  };

  /** The first of the user's own keys that may be used, or why there is none. */
  const firstOwnKey = (user: FoundUser | undefined, providers: readonly string[]): ReleasedKey | NoKeyReason => {
    if (user === undefined) return 'user_not_found';
    if (!user.view.enabled) return 'user_disabled';
    if (!tiers.includes(user.view.tier, deps.minimumTier)) return 'tier';
    let reason: NoKeyReason = 'no_key';
    for (const provider of providers) {
      const found = ownKey(user, provider);
      if (typeof found === 'object') return found;
      // A key that is there and not used says more than those that are not there.
      if (reason === 'no_key') reason = found;
    }
    return reason;
  };

  const systemKey = (providers: readonly string[], reason: NoKeyReason, user: FoundUser | undefined) => {
    for (const provider of providers) {
      const apiKey = systemKeys.get(provider);
      if (apiKey === undefined) continue;
      const source = 'system' as const;
      return { apiKey, provider, endpoint: undefined, source, reason, version: undefined, ...freshness(user) };
    }
    return undefined;
  };

  /** Undefined: there is no such user. */
  const find = async (name: UserName): Promise<FoundUser | undefined> =>
    'id' in name ? await cache.find(name.id) : await deps.findUserByEmail(name.email);

  const choose = async ({ user: name, systemFallback }: ReleaseRequest, providers: readonly string[]) => {
    let user: FoundUser | undefined;
    let found: ReleasedKey | NoKeyReason;
    try {
      user = await find(name);
      found = firstOwnKey(user, providers);
    } catch (error) {
      const reason = UNKNOWN.find((code) => error instanceof ByokError && error.code === code);
      if (reason === undefined) throw error;
      found = reason;
    }
    // Who that is, as far as anybody can say: somebody who does not exist is nobody.
    const subject = user?.view.id ?? (found === 'directory_unavailable' && 'id' in name ? name.id : undefined);
    if (typeof found === 'object' || !systemFallback || FINAL.has(found)) return { subject, found };
    return { subject, found: systemKey(providers, found, user) ?? found };
  };

  return {
    async release(caller, request, { requestId, address }) {
      const wanted = candidates(request);
      const providers = wanted.filter((provider) => mayUse(caller, provider));
      const actor = { kind: 'service', id: caller.id } as const;
      const event = { action: 'key.release', actor, provider: wanted[0], requestId, address } as const;
      if (providers.length === 0) {
        await audit.append({ ...event, outcome: 'refused', reason: 'scope_required' });
        throw scopeRequired(`${caller.id} may not use keys of ${wanted[0]}`);
      }
      const { subject, found } = await choose(request, providers).catch(async (error: unknown) => {
        const reason = error instanceof ByokError ? error.code : 'internal';
        await audit.append({ ...event, outcome: 'failed', reason });
        throw error;
      });
      if (typeof found === 'string') {
        const outcome = found === 'directory_unavailable' ? 'failed' : 'refused';
        await audit.append({ ...event, subject, outcome, reason: found });
        throw notReleased(found);
      }
      const { provider, source, reason, version, stale } = found;
      const details = { source, stale, ...(version === undefined ? {} : { version }) };
      await audit.append({ ...event, subject, outcome: 'ok', reason, provider, details });
      return found;
    },
  };
}

/** Says whether the endpoint was checked, of whatever is released. */
export const checkedRelease = (endpoints: Pick<EndpointAddresses, 'checked'>, { release }: KeyRelease): KeyRelease => ({
  async release(...request) {
    const released = await release(...request);
    const { endpoint, userId } = released;
    // Only keys of people have endpoints.
    if (endpoint === undefined || userId === undefined) return released;
    return { ...released, endpointChecked: await endpoints.checked(endpoint, userId) };
  },
});

/** Counts by whose key it was and how it ended. */
export const countedRelease = (metrics: Pick<Metrics, 'release'>, { release }: KeyRelease): KeyRelease => ({
  async release(...request) {
    try {
      const released = await release(...request);
      metrics.release(released.source, 'ok');
      return released;
    } catch (error) {
      metrics.release('none', error instanceof ByokError ? reasonOf(error) : 'internal');
      throw error;
    }
  },
});

/** The reason word of a refusal, else the error's code: both are from fixed lists. */
const reasonOf = ({ code, extras }: ByokError): string => (typeof extras.reason === 'string' ? extras.reason : code);
