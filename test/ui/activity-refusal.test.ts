import { describe, expect, it } from 'vitest';
import { NO_KEY_REASONS } from '../../src/release/released-key.ts';
import { badgeOf } from '../../ui/src/activity/activity-badge.ts';
import { knowsReason } from '../../ui/src/activity/activity-reasons.ts';
import type { ActivityRow } from '../../ui/src/activity/activity-sentence.ts';
import { row, say, service } from './activity-rows.ts';

const NOT_DONE: readonly (readonly [what: Partial<ActivityRow>, sentence: string, badge: string])[] = [
  [
    {
      action: 'key.release',
      outcome: 'refused',
      reason: 'disabled',
      provider: 'groq',
      actor: service('center-deep-search'),
    },
    'center-deep-search was refused your Groq key: it was turned off',
    'Refused',
  ],
  [
    { action: 'key.release', outcome: 'refused', reason: 'no_key', provider: 'groq', actor: service('agents') },
    'agents asked for a key for Groq: there was none',
    'Refused',
  ],
  [
    {
      action: 'key.release',
      outcome: 'failed',
      reason: 'directory_unavailable',
      provider: 'groq',
      actor: service('agents'),
    },
    'agents could not get your Groq key: the account directory could not be reached',
    'Failed',
  ],
  [
    { action: 'key.add', outcome: 'refused', reason: 'tier_required', provider: 'groq' },
    'You tried to add a key for Groq: your tier did not include storing keys',
    'Refused',
  ],
  [
    { action: 'key.replace', outcome: 'failed', reason: 'directory_unavailable', provider: 'groq' },
    'You tried to replace your Groq key, and it is not certain whether that worked: the account directory could not be reached',
    'Failed',
  ],
  [
    {
      action: 'key.test',
      outcome: 'failed',
      reason: 'bad_key',
      provider: 'groq',
      details: { status: 'invalid', stored: true },
    },
    'A test of your Groq key: invalid (wrong, expired or revoked)',
    'Invalid',
  ],
  [
    {
      action: 'key.test',
      outcome: 'failed',
      reason: 'timeout',
      provider: 'groq',
      details: { status: 'error', stored: false },
    },
    'A test of a new key for Groq: no result (the provider did not answer in time)',
    'No result',
  ],
  [
    { action: 'key.test', outcome: 'refused', reason: 'key_not_found', provider: 'groq' },
    'You tried to test your Groq key: there was none',
    'Refused',
  ],
  [
    { action: 'session.end', outcome: 'refused', reason: 'session_not_found' },
    'You tried to end one of your sessions: it had ended already',
    'Refused',
  ],
  [
    { action: 'admin.read', outcome: 'refused', reason: 'admin_required', subject: null },
    'You tried to look at what administrators see: only administrators may',
    'Refused',
  ],
  [
    { action: 'audit.verify', outcome: 'failed', reason: 'truncated', subject: null },
    'You checked the audit log: it is not as it was written (truncated)',
    'Failed',
  ],
];

describe('what did not work, as a sentence', () => {
  it.each(NOT_DONE)('%j: %s', (change, sentence, badge) => {
    expect(say(change)).toBe(sentence);
    expect(badgeOf(row(change))?.word).toBe(badge);
  });

  it('has words for every reason of a release and of a test', () => {
    const tests = ['bad_key', 'permission', 'timeout', 'unreachable', 'tls', 'refused_address', 'provider_error'];
    for (const reason of [
      ...NO_KEY_REASONS,
      ...tests,
      'unexpected_answer',
      'cannot_verify',
      'other_provider',
      'scope_required',
    ])
      expect(knowsReason(reason), reason).toBe(true);
  });
});
