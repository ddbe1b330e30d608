// Keys and test results as the API shows them.
import { PROVIDERS, type Provider } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import type { EarlierTest } from '../users/test-reason.ts';
import type { KeyView } from '../users/user-view.ts';
import type { TestResult } from './key-tests.ts';

/** @throws ByokError `invalid_provider`. */
export function providerOf(id: string): Provider {
  const provider = PROVIDERS.get(id);
  if (provider === undefined) throw new ByokError('invalid_provider');
  return provider;
}

export function keyToAnswer(key: KeyView) {
  return {
    provider: key.provider,
    provider_name: providerOf(key.provider).name,
    key_preview: key.preview,
    label: key.label,
    added_date: key.addedDate ?? null,
    last_tested: key.lastTested ?? null,
    test_status: key.testStatus ?? null,
    test_reason: key.testReason ?? null,
    ...earlierToAnswer(key.earlierTest),
    endpoint: key.endpoint ?? null,
    enabled: key.enabled,
    state: key.state,
  };
}

export function testToAnswer(provider: Provider, { status, message, statusCode, reason, earlier }: TestResult) {
  return {
    provider: provider.id,
    provider_name: provider.name,
    success: status === 'valid',
    status,
    message,
    details: { status_code: statusCode ?? null, reason },
    ...earlierToAnswer(earlier),
  };
}

const earlierToAnswer = (earlier: EarlierTest | undefined) =>
  earlier === undefined
    ? {}
    : { earlier_test: { status: earlier.status, reason: earlier.reason ?? null, tested_at: earlier.at ?? null } };
