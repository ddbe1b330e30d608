import { describe, expect, it } from 'vitest';
import { AUDIT_ACTIONS } from '../../src/audit/audit-log.ts';
import { badgeOf } from '../../ui/src/activity/activity-badge.ts';
import { type ActivityRow, knowsAction } from '../../ui/src/activity/activity-sentence.ts';
import { row, say, service, somebody } from './activity-rows.ts';

const DONE: readonly (readonly [what: Partial<ActivityRow>, sentence: string])[] = [
  [{ action: 'key.add', provider: 'groq' }, 'You added a key for Groq'],
  [{ action: 'key.replace', provider: 'groq' }, 'You replaced your Groq key'],
  [
    { action: 'key.change', provider: 'groq', details: { label: true, enabled: false } },
    'You turned off and renamed your Groq key',
  ],
  [{ action: 'key.change', provider: 'groq', details: { enabled: true } }, 'You turned on your Groq key'],
  [
    { action: 'key.change', provider: 'groq', details: { endpoint: true } },
    'You changed the endpoint of your Groq key',
  ],
  [{ action: 'key.change', provider: 'groq' }, 'You changed your Groq key'],
  [{ action: 'key.delete', provider: 'groq', details: { removed: true } }, 'You deleted your Groq key'],
  [
    { action: 'key.delete', provider: 'groq', details: { removed: false } },
    'You asked to delete a key for Groq; there was none',
  ],
  [
    { action: 'key.test', provider: 'anthropic', details: { status: 'valid', stored: true } },
    'A test of your Anthropic key: valid',
  ],
  [
    { action: 'key.release', provider: 'openai', actor: service('open-webui'), details: { source: 'user' } },
    'open-webui used your OpenAI key',
  ],
  [
    { action: 'key.release', provider: 'openai', actor: service('token:agents'), details: { source: 'user' } },
    'agents used your OpenAI key',
  ],
  [
    {
      action: 'key.release',
      provider: 'openai',
      reason: 'no_key',
      actor: service('agents'),
      details: { source: 'system' },
    },
    'agents used the platform’s OpenAI key for you: there was none of your own',
  ],
  [
    {
      action: 'key.release',
      provider: 'openai',
      reason: 'disabled',
      actor: service('agents'),
      details: { source: 'system' },
    },
    'agents used the platform’s OpenAI key for you: yours was turned off',
  ],
  [{ action: 'session.start', details: { via: 'oidc' } }, 'You signed in'],
  [{ action: 'session.end', details: { how: 'sign_out' } }, 'You signed out'],
  [{ action: 'session.end', details: { how: 'one', ended: 1 } }, 'You ended one of your sessions'],
  [{ action: 'session.end', details: { how: 'all', ended: 1 } }, 'You signed out everywhere (1 session)'],
  [{ action: 'session.end', details: { how: 'all', ended: 3 } }, 'You signed out everywhere (3 sessions)'],
  [{ action: 'session.end', details: { how: 'replaced' } }, 'You signed in again, which ended the session before'],
  [
    { action: 'session.end', actor: service('identity-provider'), details: { how: 'backchannel', ended: 2 } },
    'The sign-in service ended your sessions',
  ],
  [{ action: 'session.end', details: { how: 'somehow' } }, 'One of your sessions ended'],
  [
    {
      action: 'tier.set',
      actor: service('billing'),
      details: { tier: 'vip_founder', previous_tier: 'trial' },
    },
    'billing changed your tier from Trial to Vip founder',
  ],
  [
    { action: 'tier.set', actor: service('billing'), details: { tier: 'starter', previous_tier: 'none' } },
    'billing changed your tier to Starter',
  ],
  [{ action: 'usage.reset', actor: service('billing') }, 'billing set your count of calls back to zero'],
  [
    {
      action: 'service_token.create',
      actor: { kind: 'operator', id: 'root' },
      subject: null,
      details: { name: 'x' },
    },
    'An operator of the service made the service token x',
  ],
  [
    {
      action: 'service_token.revoke',
      actor: { kind: 'operator', id: 'root' },
      subject: null,
      details: { name: 'x' },
    },
    'An operator of the service revoked the service token x',
  ],
  [
    { action: 'admin.read', actor: somebody, details: { what: 'keys' } },
    'An administrator looked at which keys you have, not at the keys themselves',
  ],
  [{ action: 'admin.read', actor: somebody, details: { what: 'audit' } }, 'An administrator looked at your activity'],
  [{ action: 'admin.read', subject: null, details: { what: 'audit' } }, 'You looked into the audit log'],
  [{ action: 'admin.read', subject: null, details: { what: 'users' } }, 'You looked for people'],
  [
    { action: 'admin.read', subject: 'other', details: { what: 'keys' } },
    'You looked at which keys somebody has, not at the keys themselves',
  ],
  [
    { action: 'admin.revoke', actor: somebody, provider: 'groq', details: { removed: true } },
    'An administrator removed your Groq key',
  ],
  [
    { action: 'admin.revoke', subject: 'other', provider: 'groq', details: { removed: true } },
    'You removed somebody’s Groq key',
  ],
  [
    { action: 'admin.revoke', actor: somebody, provider: 'groq', details: { removed: false } },
    'An administrator asked to remove your Groq key; there was none',
  ],
  [{ action: 'audit.export', subject: null }, 'You exported the audit log'],
  [{ action: 'audit.export', actor: somebody }, 'An administrator exported your activity'],
  [{ action: 'audit.verify', subject: null }, 'You checked the audit log: it is as it was written'],
  [
    { action: 'audit.checkpoint', actor: { kind: 'system', id: 'byok' }, subject: null },
    'The service removed old rows from the audit log',
  ],
  [
    { action: 'audit.erase', actor: { kind: 'operator', id: 'root' } },
    'An operator of the service erased your personal data from the audit log',
  ],
  [
    { action: 'audit.restored', actor: { kind: 'operator', id: 'root' }, subject: null },
    'An operator of the service recorded that the audit log was restored from a backup',
  ],
  [
    { action: 'audit.format', actor: { kind: 'system', id: 'byok' }, subject: null },
    'The service put the audit log under stricter rules',
  ],
  [
    { action: 'master_key.begun', actor: { kind: 'system', id: 'byok' }, subject: null },
    'The service began to use another encryption key',
  ],
  [
    { action: 'master_key.finished', actor: { kind: 'operator', id: 'root' }, subject: null },
    'An operator of the service finished the change to another encryption key',
  ],
];

describe('what happened, as a sentence', () => {
  it.each(DONE)('%j: %s', (change, sentence) => {
    expect(say(change)).toBe(sentence);
    expect(badgeOf(row(change))).toBeUndefined();
  });

  it('is there for every action, in every outcome, without and with a reason', () => {
    for (const action of AUDIT_ACTIONS) {
      expect(knowsAction(action), action).toBe(true);
      for (const outcome of ['ok', 'refused', 'failed'])
        for (const reason of [null, 'internal'])
          expect(say({ action, outcome, reason })).not.toMatch(/undefined|null|object|: $|\(\)/);
    }
  });

  it('tells what it does not know by its own words', () => {
    expect(say({ action: 'key.turn_over', outcome: 'ok' })).toBe('You: key turn over');
    expect(say({ action: 'key.turn_over', outcome: 'refused', reason: 'bad_mood' })).toBe(
      'You tried to key turn over: bad mood',
    );
    expect(say({ action: 'key.add', provider: 'groq', actor: { kind: 'robot', id: 'r2' } })).toBe(
      'Somebody else added a key for Groq',
    );
    expect(say({ action: 'session.start', actor: { kind: 'system', id: 'anonymous' } })).toBe(
      'Somebody who was not signed in signed in',
    );
  });
});
