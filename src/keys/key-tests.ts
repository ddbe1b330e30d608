// Asking a provider whether a key works: one that is stored, or one that is not.
import { keyPlace } from '../crypto/key-place.ts';
import type { KeyVault, UnusableState } from '../crypto/key-vault.ts';
import { keyIsMissing } from '../crypto/master-keys.ts';
import type { ProbeResult, ProviderProbe } from '../providers/provider-probe.ts';
import type { Provider } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import { changedFields, type KeyRecord, readKeyRecord } from '../users/key-record.ts';
import { type EarlierTest, earlierBeside } from '../users/test-reason.ts';
import { usableUser } from '../users/usable-user.ts';
import type { UserCache } from '../users/user-cache.ts';
import type { KeyView } from '../users/user-view.ts';
import type { UserWrites } from '../users/user-writes.ts';
import type { NewKey } from './key-changes.ts';
import type { EndpointChoice } from './key-endpoint.ts';
import { assertKey, assertNoKeyIn } from './key-input.ts';
import type { KeySections } from './key-sections.ts';
import { ownerElsewhere } from './key-warnings.ts';

export interface SendAnyway {
  /** To this provider, although the key begins as another provider's. */
  readonly sendAnyway?: boolean | undefined;
}

export type Candidate = Pick<NewKey, 'key' | 'endpoint'> & SendAnyway;

export interface TestResult extends ProbeResult {
  /** Of a stored key, where this test could not say whether it works: what the last one that could had said. */
  readonly earlier?: EarlierTest | undefined;
}

interface KeyTestsOptions {
  readonly cache: Pick<UserCache, 'find'>;
  readonly writes: UserWrites;
  readonly vault: Pick<KeyVault, 'open'>;
  readonly probe: ProviderProbe;
  readonly endpoints: EndpointChoice;
  readonly sections: KeySections;
  readonly now: () => Date;
}

export function createKeyTests({ cache, writes, vault, probe, endpoints, sections, now }: KeyTestsOptions) {
  const keep = (
    userId: string,
    provider: Provider,
    tested: KeyRecord,
    result: ProbeResult,
  ): Promise<EarlierTest | undefined> =>
    sections.within(userId, async (section) => {
      const current = readKeyRecord(section.user.attributes, provider);
      if (current?.token !== tested.token || current.endpoint !== tested.endpoint) {
        // Somebody else has changed it: the result is not about what is stored now, nor is what memory holds.
        await writes.forget(userId);
        return undefined;
      }
      const { status: testStatus, reason: testReason } = result;
      const earlierTest = earlierBeside(testStatus, current);
      const changed = { ...current, lastTested: now().toISOString(), testStatus, testReason, earlierTest };
      await writes.write(section, changedFields(current, changed));
      return earlierTest;
    });

  return {
    /** @param stored the person's keys. */
    async candidate(
      provider: Provider,
      { key, endpoint, sendAnyway }: Candidate,
      stored: readonly KeyView[],
    ): Promise<ProbeResult> {
      assertKey(provider, key, stored);
      assertNoKeyIn('endpoint', endpoint, key);
      const wanted = endpoints.wanted(provider, endpoint);
      return notSent(provider, key, sendAnyway) ?? (await probe.probe({ provider, key, endpoint: wanted }));
    },

    /** Keeps the result. A stop of the service in between lets the work end. */
    async stored(userId: string, provider: Provider, { sendAnyway }: SendAnyway = {}): Promise<TestResult> {
      const found = await cache.find(userId);
      const { keys } = usableUser(found?.view);
      // The result could not be stored, and the key may not be theirs any more.
      if (found?.stale)
        throw new ByokError('directory_unavailable', { reason: 'keys of a stale record are not tested' });
      const stored = keys.find((key) => key.provider === provider.id);
      if (stored === undefined) throw new ByokError('key_not_found');
      const opened = vault.open(keyPlace({ kind: 'user', id: userId }, stored), stored);
      if (opened.state !== 'usable') return unusable(opened.state);
      // Nobody was asked: what is known of the key stays.
      const unsent = notSent(provider, opened.key, sendAnyway);
      if (unsent !== undefined) return unsent;
      const result = await probe.probe({ provider, key: opened.key, endpoint: stored.endpoint });
      return { ...result, earlier: await keep(userId, provider, stored, result) };
    },
  };
}

/** A key that begins as another provider's goes to this one only where somebody said so: else a slip gives it away. */
function notSent(provider: Provider, key: string, sendAnyway = false): ProbeResult | undefined {
  const owner = sendAnyway ? undefined : ownerElsewhere(provider, key);
  if (owner === undefined) return undefined;
  const message = `This looks like a key for ${owner.name}, so it was not sent to ${provider.name}.`;
  return { status: 'unknown', message, reason: 'other_provider', statusCode: undefined };
}

function unusable(state: UnusableState): ProbeResult {
  if (state === 'unknown_key') throw keyIsMissing();
  const message =
    state === 'unbound'
      ? 'The stored key is not bound to your account, so it is not used. Add it again to replace it.'
      : 'The stored key cannot be decrypted. Add it again to replace it.';
  return { status: 'error', message, reason: state, statusCode: undefined };
}
