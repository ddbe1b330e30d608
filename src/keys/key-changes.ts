// What adding, changing and removing a key writes, inside the user's section.
import { keyPlace } from '../crypto/key-place.ts';
import type { KeyVault } from '../crypto/key-vault.ts';
import type { Provider } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import { previewKey } from '../users/key-preview.ts';
import {
  changedFields,
  defaultLabel,
  type KeyRecord,
  readKeyRecord,
  removeChanges,
  storeChanges,
} from '../users/key-record.ts';
import type { UserSection } from '../users/user-directory.ts';
import { createViewKeys, type KeyView } from '../users/user-view.ts';
import type { UserWrites } from '../users/user-writes.ts';
import { type EndpointChoice, invalidEndpoint } from './key-endpoint.ts';
import { assertKey, assertNoKeyIn } from './key-input.ts';
import { prefixWarnings } from './key-warnings.ts';

export interface NewKey {
  readonly key: string;
  readonly label?: string | undefined;
  readonly endpoint?: string | undefined;
}

export interface AddedKey {
  /** Whether there was a key for the provider before. */
  readonly replaced: boolean;
  /** Masked. */
  readonly preview: string;
  /** Sentences for the person. */
  readonly warnings: readonly string[];
}

export interface StoredKey extends AddedKey {
  /** In the form in which it is stored. */
  readonly endpoint: string | undefined;
}

export interface KeyChanges {
  readonly label?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly key?: string | undefined;
  /** Null takes it away; undefined leaves it as it is. */
  readonly endpoint?: string | null | undefined;
}

interface KeyChangesOptions {
  readonly vault: KeyVault;
  readonly writes: UserWrites;
  readonly endpoints: EndpointChoice;
  readonly now: () => Date;
}

export function createKeyChanges({ vault, writes, endpoints, now }: KeyChangesOptions) {
  const viewKeys = createViewKeys(vault);

  /** Every key that is stored comes through here. */
  const sealed = (section: UserSection, provider: Provider, key: string, endpoint: string | undefined): KeyRecord => {
    assertKey(provider, key, viewKeys(section.user));
    assertNoKeyIn('endpoint', endpoint, key);
    return {
      provider: provider.id,
      ...vault.seal(keyPlace({ kind: 'user', id: section.user.id }, { provider: provider.id, endpoint }), key),
      label: defaultLabel(provider),
      endpoint,
      addedDate: now().toISOString(),
      lastTested: undefined,
      testStatus: undefined,
      testReason: undefined,
      enabled: true,
      version: (readKeyRecord(section.user.attributes, provider)?.version ?? 0) + 1,
    };
  };

  const keyIn = (section: UserSection, stored: KeyRecord): string | undefined => {
    const opened = vault.open(keyPlace({ kind: 'user', id: section.user.id }, stored), stored);
    return opened.state === 'usable' ? opened.key : undefined;
  };

  /** A new key keeps the endpoint that was saved with the old one, unless another is sent. */
  const withNewKey = (
    section: UserSection,
    provider: Provider,
    stored: KeyRecord,
    changes: KeyChanges,
    key: string,
  ) => {
    const endpoint =
      changes.endpoint === undefined ? endpoints.inherited(section.user.id, stored) : (changes.endpoint ?? undefined);
    return sealed(section, provider, key, endpoints.wanted(provider, endpoint));
  };

  return {
    async add(section: UserSection, provider: Provider, input: NewKey): Promise<StoredKey> {
      const replaced = readKeyRecord(section.user.attributes, provider) !== undefined;
      assertNoKeyIn('label', input.label, input.key);
      const record = sealed(section, provider, input.key, endpoints.wanted(provider, input.endpoint));
      await writes.write(section, storeChanges({ ...record, label: input.label ?? record.label }));
      return {
        replaced,
        preview: previewKey(input.key, provider.prefix),
        endpoint: record.endpoint,
        warnings: prefixWarnings(provider, input.key),
      };
    },

    async change(section: UserSection, provider: Provider, changes: KeyChanges): Promise<KeyView> {
      const stored = readKeyRecord(section.user.attributes, provider);
      if (stored === undefined) throw new ByokError('key_not_found');
      const { key } = changes;
      if (changes.endpoint !== undefined && key === undefined)
        throw invalidEndpoint(
          'A stored key is never sent to another endpoint: send the key together with the new endpoint.',
        );
      assertNoKeyIn('label', changes.label, key ?? keyIn(section, stored));
      const record = key === undefined ? stored : withNewKey(section, provider, stored, changes, key);
      const changed = { ...record, label: changes.label ?? stored.label, enabled: changes.enabled ?? stored.enabled };
      const fields = key === undefined ? changedFields(stored, changed) : storeChanges(changed);
      const { view } = await writes.write(section, fields);
      const now = view.keys.find((candidate) => candidate.provider === provider.id);
      if (now === undefined) throw new ByokError('write_conflict');
      return now;
    },

    async remove(section: UserSection, provider: Provider): Promise<boolean> {
      const changes = removeChanges(provider.id);
      const present = [...changes.keys()].some((name) => section.user.attributes[name] !== undefined);
      // What memory holds may be older than what the section has just read.
      if (present) await writes.write(section, changes);
      else await writes.forget(section.user.id);
      return present;
    },
  };
}

/** Turning a key off, and nothing else. */
export const onlyTurnsOff = ({ label, enabled, key, endpoint }: KeyChanges): boolean =>
  enabled === false && label === undefined && key === undefined && endpoint === undefined;
