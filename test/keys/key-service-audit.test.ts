// Every change has its row, whoever acts, and so has every refusal that matters: once.
import { describe, expect, it } from 'vitest';
import { type Acting, createAuditRecorder } from '../../src/audit/audit-recorder.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createKeyWorld, providerRow } from '../support/memory/key-world.ts';

const KEY = 'sk-1234567890abcdef5678';
const openai = providerRow('openai');
const JOB: Acting = { actor: { kind: 'system', id: 'retest' }, origin: undefined };

describe('what a person does', () => {
  it('is a row for each change, with who, from where, to whose key and what came of it', async () => {
    const { add, change, keys, audit, by, userId } = createKeyWorld();
    await add('openai', KEY);
    await add('openai', KEY);
    await change('openai', { label: 'Mine', enabled: false });
    await change('openai', { key: KEY, endpoint: 'https://llm.example.com' });
    await keys.testStored(by, userId, openai);
    await keys.testCandidate(by, userId, openai, { key: KEY });
    await keys.remove(by, userId, openai);
    await keys.remove(by, userId, openai);
    const common = { actor: by.actor, ...by.origin, subject: userId, provider: 'openai', outcome: 'ok' };
    expect(audit.events).toEqual([
      { ...common, action: 'key.add' },
      { ...common, action: 'key.replace' },
      { ...common, action: 'key.change', details: { label: true, enabled: false } },
      { ...common, action: 'key.change', details: { key: true, endpoint: true } },
      { ...common, action: 'key.test', details: { status: 'valid', stored: true } },
      { ...common, action: 'key.test', details: { status: 'valid', stored: false } },
      { ...common, action: 'key.delete', details: { removed: true } },
      { ...common, action: 'key.delete', details: { removed: false } },
    ]);
    expect(JSON.stringify(audit.events)).not.toContain(KEY.slice(3));
  });

  it('is a failed row where the provider refuses the key', async () => {
    const { keys, audit, probe, by, userId } = createKeyWorld();
    probe.answer = () => ({ status: 'invalid', message: 'No.', reason: 'bad_key', statusCode: 401 });
    await keys.testCandidate(by, userId, openai, { key: KEY });
    expect(audit.events).toMatchObject([{ action: 'key.test', outcome: 'failed', reason: 'bad_key' }]);
  });

  it.each([
    ['tier_required', 'refused', { attributes: { subscription_tier: ['free'] } }],
    ['account_disabled', 'refused', { enabled: false }],
  ] as const)('that is refused for %s is a row too', async (code, outcome, change) => {
    const { add, audit, directory, by, userId } = createKeyWorld();
    directory.change(userId, change);
    await expect(add('openai', KEY)).rejects.toMatchObject({ code });
    expect(audit.events).toEqual([
      { action: 'key.add', outcome, reason: code, actor: by.actor, subject: userId, provider: 'openai', ...by.origin },
    ]);
  });

  it('that fails for a reason nobody expected is a row, and the error stays what it was', async () => {
    const { add, audit, directory } = createKeyWorld();
    const bug = new TypeError('a bug');
    directory.onStep = (step) => {
      if (step === 'write') throw bug;
    };
    await expect(add('openai', KEY)).rejects.toBe(bug);
    expect(audit.events).toMatchObject([{ action: 'key.add', outcome: 'failed', reason: 'internal' }]);
  });

  it('that was malformed is none', async () => {
    const { add, change, audit } = createKeyWorld();
    await add('openai', KEY);
    audit.events.length = 0;
    await expect(add('custom', KEY)).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(change('openai', { endpoint: 'https://x.example' })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    expect(audit.events).toEqual([]);
  });

  it('that cannot be recorded says that it may have happened; a refusal says that nothing can be known', async () => {
    const { add, change, audit, fields } = createKeyWorld();
    audit.broken = true;
    await expect(add('openai', KEY)).rejects.toMatchObject({
      code: 'audit_unavailable',
      detail: expect.stringContaining('may have been made'),
    });
    expect(fields('openai').key).toHaveLength(1);
    await expect(change('groq', { label: 'None' })).rejects.toMatchObject({
      code: 'audit_unavailable',
      detail: expect.not.stringContaining('may have been made'),
    });
  });
});

describe('what anything else does', () => {
  it('goes the same way: section, tier and row, without a request', async () => {
    const { keys, audit, directory, userId } = createKeyWorld();
    await keys.add(JOB, userId, openai, { key: KEY });
    await keys.revoke(JOB, userId, openai);
    directory.change(userId, { attributes: { subscription_tier: ['free'] } });
    await expect(keys.add(JOB, userId, openai, { key: KEY })).rejects.toMatchObject({ code: 'tier_required' });
    expect(audit.events).toMatchObject([
      { action: 'key.add', actor: JOB.actor, outcome: 'ok' },
      { action: 'admin.revoke', actor: JOB.actor, outcome: 'ok', details: { removed: true } },
      { action: 'key.add', actor: JOB.actor, outcome: 'refused', reason: 'tier_required' },
    ]);
    expect(audit.events[0]).not.toHaveProperty('requestId');
    expect(directory.openSections()).toBe(0);
  });

  it('names nobody where there is no such user', async () => {
    const { keys, audit } = createKeyWorld();
    await expect(keys.revoke(JOB, 'nobody', openai)).rejects.toMatchObject({ code: 'user_not_found' });
    expect(audit.events).toEqual([
      {
        action: 'admin.revoke',
        actor: JOB.actor,
        outcome: 'refused',
        reason: 'user_not_found',
        subject: undefined,
        provider: 'openai',
      },
    ]);
  });
});

describe('a refusal on its way out', () => {
  it('is one row, however many places would record it', async () => {
    const { audit, by, userId } = createKeyWorld();
    const recorder = createAuditRecorder(audit);
    const attempt = { action: 'key.add', subject: userId, provider: 'openai' } as const;
    const error = new ByokError('tier_required');
    const refused = recorder.attempt(by, attempt, () => Promise.reject(error));
    await expect(refused).rejects.toBe(error);
    await recorder.recordRefusal(by, attempt, error);
    await recorder.recordRefusal(by, attempt, new ByokError('internal', { cause: error }));
    expect(audit.events).toHaveLength(1);
  });

  it('is a row for each request, where several share the error of one look-up', async () => {
    const { audit, by, userId } = createKeyWorld();
    const recorder = createAuditRecorder(audit);
    const attempt = { action: 'key.add', subject: userId, provider: 'openai' } as const;
    const shared = new ByokError('directory_unavailable');
    const other: Acting = { ...by, origin: { requestId: 'request-2', address: '192.0.2.2' } };
    for (const acting of [by, other, JOB, JOB])
      await expect(recorder.attempt(acting, attempt, () => Promise.reject(shared))).rejects.toBe(shared);
    expect(audit.events.map((event) => event.requestId)).toEqual(['request-1', 'request-2', undefined, undefined]);
  });
});
