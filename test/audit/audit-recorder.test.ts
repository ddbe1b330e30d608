// Which refusals are rows, what such a row says, and that each is one for each request.
import { describe, expect, it } from 'vitest';
import { type Acting, createAuditRecorder } from '../../src/audit/audit-recorder.ts';
import { ByokError, type ErrorCode } from '../../src/shared/errors.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';

const attempt = { action: 'key.add', subject: 'ada', provider: 'openai' } as const;
const by = (requestId: string): Acting => ({
  actor: { kind: 'user', id: 'ada' },
  origin: { requestId, address: '192.0.2.1' },
});
const JOB: Acting = { actor: { kind: 'system', id: 'retest' }, origin: undefined };

function open() {
  const log = createMemoryAuditLog();
  return { log, recorder: createAuditRecorder(log) };
}

describe('a refusal', () => {
  it.each<[ErrorCode, 'refused' | 'failed']>([
    ['account_disabled', 'refused'],
    ['account_read_only', 'refused'],
    ['tier_required', 'refused'],
    ['admin_required', 'refused'],
    ['cross_site_request', 'refused'],
    ['key_not_found', 'refused'],
    ['session_not_found', 'refused'],
    ['write_conflict', 'refused'],
    ['email_ambiguous', 'refused'],
    ['endpoint_refused', 'refused'],
    ['directory_unavailable', 'failed'],
    ['directory_misconfigured', 'failed'],
    ['internal', 'failed'],
  ])('for %s is a row: %s', async (code, outcome) => {
    const { log, recorder } = open();
    await recorder.recordRefusal(by('r-1'), attempt, new ByokError(code));
    expect(log.events).toEqual([
      {
        action: 'key.add',
        outcome,
        reason: code,
        actor: { kind: 'user', id: 'ada' },
        subject: 'ada',
        provider: 'openai',
        requestId: 'r-1',
        address: '192.0.2.1',
      },
    ]);
  });

  it('of a person who is not there names no person', async () => {
    const { log, recorder } = open();
    await recorder.recordRefusal(by('r-1'), { ...attempt, subject: 'nobody' }, new ByokError('user_not_found'));
    expect(log.events).toMatchObject([{ reason: 'user_not_found', outcome: 'refused', subject: undefined }]);
  });

  it.each<ErrorCode>(['validation_failed', 'rate_limited', 'not_authenticated', 'audit_unavailable', 'body_too_large'])(
    'for %s is none',
    async (code) => {
      const { log, recorder } = open();
      await recorder.recordRefusal(by('r-1'), attempt, new ByokError(code));
      expect(log.events).toEqual([]);
    },
  );

  it.each([[new TypeError('a bug')], ['thrown text'], [undefined]])('for %s is a failure inside', async (error) => {
    const { log, recorder } = open();
    await recorder.recordRefusal(by('r-1'), attempt, error);
    expect(log.events).toMatchObject([{ reason: 'internal', outcome: 'failed' }]);
  });

  it('is one row for a request, wherever it comes by, and one for each request that shares it', async () => {
    const { log, recorder } = open();
    const error = new ByokError('tier_required');
    for (const id of ['r-1', 'r-1', 'r-2', 'r-2', 'r-1']) await recorder.recordRefusal(by(id), attempt, error);
    expect(log.events.map(({ requestId }) => requestId)).toEqual(['r-1', 'r-2']);
    // As another error that was made of it.
    await recorder.recordRefusal(by('r-1'), attempt, new ByokError('internal', { cause: error }));
    expect(log.events).toHaveLength(2);
    await recorder.recordRefusal(by('r-1'), attempt, new ByokError('internal', { cause: 'text' }));
    expect(log.events).toHaveLength(3);
  });

  it('that comes from no request is a row each time', async () => {
    const { log, recorder } = open();
    const error = new ByokError('directory_unavailable');
    for (let n = 0; n < 2; n += 1) await recorder.recordRefusal(JOB, attempt, error);
    expect(log.events).toHaveLength(2);
    expect(log.events[0]).toMatchObject({ actor: JOB.actor });
    expect(log.events[0]).not.toHaveProperty('requestId', expect.anything());
  });
});

describe('an attempt', () => {
  it('that succeeds is no row of its own, and answers what it did', async () => {
    const { log, recorder } = open();
    expect(await recorder.attempt(by('r-1'), attempt, async () => 7)).toBe(7);
    expect(log.events).toEqual([]);
  });

  it('that fails is a row before the error is seen', async () => {
    const { log, recorder } = open();
    const error = new ByokError('tier_required');
    const tried = recorder.attempt(by('r-1'), attempt, () => Promise.reject(error));
    await expect(tried).rejects.toBe(error);
    expect(log.events).toMatchObject([{ reason: 'tier_required' }]);
  });

  it('whose refusal cannot be recorded says that', async () => {
    const { log, recorder } = open();
    log.broken = true;
    const tried = recorder.attempt(by('r-1'), attempt, () => Promise.reject(new ByokError('tier_required')));
    await expect(tried).rejects.toMatchObject({ code: 'audit_unavailable' });
  });
});

describe('a change', () => {
  it('is a row that says so', async () => {
    const { log, recorder } = open();
    await recorder.recordChange(by('r-1'), { action: 'key.add', subject: 'ada' });
    expect(log.events).toMatchObject([{ action: 'key.add', outcome: 'ok', subject: 'ada', requestId: 'r-1' }]);
  });

  it('that cannot be recorded says that it may have been made', async () => {
    const { log, recorder } = open();
    log.broken = true;
    const error = await recorder.recordChange(by('r-1'), { action: 'key.add', subject: 'ada' }).catch((e) => e);
    expect(error).toMatchObject({
      code: 'audit_unavailable',
      detail:
        'The change may have been made, but it cannot be recorded right now. Look whether it was, and try again shortly.',
      cause: expect.objectContaining({ code: 'audit_unavailable' }),
    });
  });

  it('that cannot be recorded says what an administrator has to do, and when to ask again, where that is known', async () => {
    const full = new ByokError('audit_unavailable', { detail: 'The disk is full. Make room.', retryAfter: 60 });
    const recorder = createAuditRecorder({ append: () => Promise.reject(full) } as never);
    await expect(recorder.recordChange(by('r-1'), { action: 'key.add', subject: 'ada' })).rejects.toMatchObject({
      code: 'audit_unavailable',
      detail:
        'The change may have been made, but it cannot be recorded. Look whether it was. The disk is full. Make room.',
      retryAfter: 60,
      cause: full,
    });
  });

  it('whose row fails for a mistake of ours says that', async () => {
    const bug = new TypeError('a bug');
    const recorder = createAuditRecorder({ append: () => Promise.reject(bug) } as never);
    await expect(recorder.recordChange(by('r-1'), { action: 'key.add', subject: 'ada' })).rejects.toBe(bug);
  });
});
