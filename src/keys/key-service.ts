// What can happen to a person's keys.
import type { KeyVault } from '../crypto/key-vault.ts';
import type { ProbeResult, ProviderProbe } from '../providers/provider-probe.ts';
import { PROVIDERS, type Provider } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import { previewKey } from '../users/key-preview.ts';
import { defaultLabel, type KeyRecord, readKeyRecord, removeChanges, storeChanges } from '../users/key-record.ts';
import type { Tiers } from '../users/tiers.ts';
import { usableUser } from '../users/usable-user.ts';
import type { CachedUser, UserCache } from '../users/user-cache.ts';
import type { UserDirectory, UserSection } from '../users/user-directory.ts';
import type { UserView } from '../users/user-view.ts';
import type { UserWrites } from '../users/user-writes.ts';

export interface KeyServiceDeps {
  directory: UserDirectory;
  cache: UserCache;
  /** Over the same cache. */
  writes: UserWrites;
  vault: KeyVault;
  tiers: Tiers;
  minimumTier: string;
  probe: ProviderProbe;
  /** The endpoint in its normal form, or the sentence that says why it is refused. */
  checkEndpoint: (text: string) => { ok: true; url: string } | { ok: false; reason: string };
  /** Throws ByokError while nothing may be written yet. */
  assertWritable: () => void;
  now?: () => Date;
}

export interface NewKey {
  key: string;
  label?: string | undefined;
  endpoint?: string | undefined;
}

export interface KeyChanges {
  label?: string | undefined;
  enabled?: boolean | undefined;
  key?: string | undefined;
  /** Null takes it away; undefined leaves it as it is. */
  endpoint?: string | null | undefined;
}

export type KeyService = ReturnType<typeof createKeyService>;

export function createKeyService(deps: KeyServiceDeps) {
  const { directory, cache, writes, vault, tiers, probe, now = () => new Date() } = deps;

  /** The signed-in user. A deleted user is not authenticated, a disabled one is told so. */
  const user = async (userId: string): Promise<UserView> => usableUser(await cache.get(userId));

  /** As `user`, with the age of what is known. */
  const find = async (userId: string, options?: { readonly revalidate: boolean }): Promise<CachedUser> => {
    const found = await cache.find(userId, options);
    usableUser(found?.view);
    if (found === undefined) throw new ByokError('not_authenticated');
    return found;
  };

  /** For work that asked at its beginning whether anything may be written: a stop in between lets it end. */
  const openSectionUnasked = async (userId: string): Promise<UserSection> => {
    const section = await directory.openSection(userId);
    try {
      usableUser(section?.user);
    } catch (error) {
      section?.close();
      // Memory may hold the user as still there and enabled.
      await writes.forget(userId);
      throw error;
    }
    if (section === undefined) throw new ByokError('not_authenticated');
    return section;
  };

  /** Opens the user's write section. The caller closes it. */
  const openSection = async (userId: string): Promise<UserSection> => {
    deps.assertWritable();
    return await openSectionUnasked(userId);
  };

  const withSection = async <T>(userId: string, action: (section: UserSection) => Promise<T>): Promise<T> => {
    const section = await openSectionUnasked(userId);
    try {
      return await action(section);
    } finally {
      section.close();
    }
  };

  const endpointFor = (provider: Provider, endpoint: string | undefined): string | undefined => {
    if (endpoint === undefined) {
      if (provider.endpoint === 'required')
        throw invalidField('endpoint', `${provider.name} needs an endpoint, such as https://llm.example.com/v1.`);
      return undefined;
    }
    const checked = deps.checkEndpoint(endpoint);
    if (!checked.ok)
      throw new ByokError('endpoint_refused', {
        detail: checked.reason,
        extras: { errors: [{ path: 'endpoint', message: checked.reason }] },
      });
    return checked.url;
  };

  const sealed = (section: UserSection, provider: Provider, key: string, endpoint: string | undefined): KeyRecord => ({
    provider: provider.id,
    ...vault.seal({ userId: section.user.id, provider: provider.id, endpoint }, key),
    label: defaultLabel(provider),
    endpoint,
    addedDate: now().toISOString(),
    lastTested: undefined,
    testStatus: undefined,
    testReason: undefined,
    enabled: true,
    version: (readKeyRecord(section.user.attributes, provider)?.version ?? 0) + 1,
  });

  /** Throws `tier_required` unless the user whom the section holds may store keys. */
  const requireTier = (section: UserSection): void => {
    const tier = tiers.tierOf(section.user);
    if (tiers.includes(tier, deps.minimumTier)) return;
    throw new ByokError('tier_required', {
      detail: `Storing API keys needs the ${deps.minimumTier} tier or above; yours is ${tier}.`,
      extras: { required_tier: deps.minimumTier, current_tier: tier },
    });
  };

  /** Stores the key in place of any earlier one for the provider. */
  const add = async (section: UserSection, provider: Provider, input: NewKey) => {
    const replaced = readKeyRecord(section.user.attributes, provider) !== undefined;
    const record = sealed(section, provider, input.key, endpointFor(provider, input.endpoint));
    await writes.write(section, storeChanges({ ...record, label: input.label ?? record.label }));
    return { replaced, preview: previewKey(input.key, provider.prefix), warnings: prefixWarnings(provider, input.key) };
  };

  /** The stored endpoint, for a new key: only where it was saved with the stored key. Anybody may have put it there otherwise. */
  const inheritedEndpoint = (section: UserSection, provider: Provider, stored: KeyRecord): string | undefined => {
    const place = { userId: section.user.id, provider: provider.id, endpoint: stored.endpoint };
    if (stored.endpoint === undefined || vault.open(place, stored).state === 'usable') return stored.endpoint;
    throw invalidField(
      'endpoint',
      'The stored endpoint is not known to be yours: send the endpoint together with the key, or add the key again.',
    );
  };

  /** Changes what is stored; throws `key_not_found`. A new endpoint needs the key again. */
  const change = async (section: UserSection, provider: Provider, changes: KeyChanges): Promise<UserView> => {
    const stored = readKeyRecord(section.user.attributes, provider);
    if (stored === undefined) throw new ByokError('key_not_found');
    if (changes.endpoint !== undefined && changes.key === undefined) {
      throw invalidField(
        'endpoint',
        'A stored key is never sent to another endpoint: send the key together with the new endpoint.',
      );
    }
    const record =
      changes.key === undefined
        ? stored
        : sealed(
            section,
            provider,
            changes.key,
            endpointFor(
              provider,
              changes.endpoint === undefined
                ? inheritedEndpoint(section, provider, stored)
                : (changes.endpoint ?? undefined),
            ),
          );
    const changed = { ...record, label: changes.label ?? stored.label, enabled: changes.enabled ?? stored.enabled };
    const { view } = await writes.write(
      section,
      changes.key === undefined ? onlyDifferences(stored, changed) : storeChanges(changed),
    );
    return view;
  };

  const removeFrom = async (section: UserSection, provider: Provider): Promise<boolean> => {
    const changes = removeChanges(provider.id);
    const present = [...changes.keys()].some((name) => section.user.attributes[name] !== undefined);
    // What memory holds may be older than what the section has just read.
    if (present) await writes.write(section, changes);
    else await writes.forget(section.user.id);
    return present;
  };

  /** @returns false where nothing was stored, so that a retry is safe. */
  const remove = async (userId: string, provider: Provider): Promise<boolean> => {
    deps.assertWritable();
    return await withSection(userId, (section) => removeFrom(section, provider));
  };

  /** Removes a key on its owner's behalf: also of somebody who is disabled. @throws ByokError `user_not_found`. */
  const revoke = async (userId: string, provider: Provider): Promise<boolean> => {
    deps.assertWritable();
    const section = await directory.openSection(userId);
    if (section === undefined) {
      await writes.forget(userId);
      throw new ByokError('user_not_found');
    }
    try {
      return await removeFrom(section, provider);
    } finally {
      section.close();
    }
  };

  /** Tests a key that is not stored; stores nothing. */
  const testCandidate = (provider: Provider, { key, endpoint }: NewKey): Promise<ProbeResult> =>
    probe.probe({ provider, key, endpoint: endpointFor(provider, endpoint) });

  /** Tests the stored key and stores the result, unless the key was replaced meanwhile. Throws `key_not_found`. */
  const testStored = async (userId: string, provider: Provider): Promise<ProbeResult> => {
    deps.assertWritable();
    const { view, stale } = await find(userId);
    // The result could not be stored, and the key may not be theirs any more.
    if (stale) throw new ByokError('directory_unavailable', { reason: 'keys of a stale record are not tested' });
    const stored = view.keys.find((key) => key.provider === provider.id);
    if (stored === undefined) throw new ByokError('key_not_found');
    const opened = vault.open({ userId, provider: provider.id, endpoint: stored.endpoint }, stored);
    if (opened.state !== 'usable') return unusable(opened.state);
    const result = await probe.probe({ provider, key: opened.key, endpoint: stored.endpoint });
    await withSection(userId, async (section) => {
      const current = readKeyRecord(section.user.attributes, provider);
      if (current?.token !== stored.token || current.endpoint !== stored.endpoint) {
        // Somebody else has changed it: the result is not about what is stored now, nor is what memory holds.
        await writes.forget(userId);
        return;
      }
      const tested = {
        ...current,
        lastTested: now().toISOString(),
        testStatus: result.status,
        testReason: result.reason,
      };
      await writes.write(section, onlyDifferences(current, tested));
    });
    return result;
  };

  return { user, find, openSection, requireTier, add, change, remove, revoke, testCandidate, testStored };
}

const invalidField = (path: string, message: string): ByokError =>
  new ByokError('validation_failed', { detail: message, extras: { errors: [{ path, message }] } });

/** Changes for the fields that differ, so that what is there in an older form (dates, say) is not rewritten. */
function onlyDifferences(before: KeyRecord, after: KeyRecord) {
  const old = storeChanges(before);
  return new Map([...storeChanges(after)].filter(([name, value]) => old.get(name) !== value));
}

function unusable(state: 'unbound' | 'undecryptable'): ProbeResult {
  const message =
    state === 'unbound'
      ? 'The stored key is not bound to your account, so it is not used. Add it again to replace it.'
      : 'The stored key cannot be decrypted. Add it again to replace it.';
  return { status: 'error', message, reason: state, statusCode: undefined };
}

/** A wrong prefix is accepted, with a word about it: providers change their formats. */
export function prefixWarnings(provider: Provider, key: string): string[] {
  const other = [...PROVIDERS.values()]
    .filter(({ prefix }) => prefix !== null && key.startsWith(prefix))
    .sort((a, b) => (b.prefix?.length ?? 0) - (a.prefix?.length ?? 0))[0];
  if (provider.id === 'custom') return [];
  if (other !== undefined && other.id !== provider.id)
    return [`This looks like a key for ${other.name}, not for ${provider.name}.`];
  if (provider.prefix === null || key.startsWith(provider.prefix)) return [];
  return [`Keys for ${provider.name} usually begin with ${provider.prefix}; this one does not.`];
}
