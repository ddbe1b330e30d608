import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryAuditLog, type MemoryAuditLog } from '../support/memory/memory-audit-log.ts';
import { buildAuthApp } from '../support/service/auth-app.ts';

describe('sessions while nothing can be recorded', () => {
  let auditLog: MemoryAuditLog;
  let app: Awaited<ReturnType<typeof buildAuthApp>>;
  beforeEach(async () => {
    auditLog = createMemoryAuditLog();
    app = await buildAuthApp({ auditLog });
  });
  afterEach(() => app.close());

  const USER = 'id-of-starter@example.com';
  const signIn = (cookie = '') =>
    app.inject({ method: 'POST', url: '/auth/demo', payload: { email: 'starter@example.com' }, headers: { cookie } });
  const cookieOf = async () => String((await signIn()).headers['set-cookie']).split(';')[0] ?? '';

  it('nobody is signed in, and an earlier session goes on', async () => {
    const cookie = await cookieOf();
    auditLog.broken = true;
    const answer = await signIn(cookie);
    expect(answer.json()).toMatchObject({ status: 503, code: 'audit_unavailable' });
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(await app.sessions.list(USER)).toHaveLength(1);
    expect((await app.inject({ method: 'GET', url: '/auth/me', headers: { cookie } })).statusCode).toBe(200);
  });

  it.each([
    ['POST', '/auth/logout'],
    ['DELETE', '/auth/sessions'],
  ] as const)('%s %s ends sessions all the same, and says that it cannot be recorded', async (method, url) => {
    const cookie = await cookieOf();
    auditLog.broken = true;
    const answer = await app.inject({ method, url, headers: { cookie } });
    expect(answer.json()).toMatchObject({
      code: 'audit_unavailable',
      detail: expect.stringContaining('may have been made'),
    });
    expect(answer.headers['set-cookie']).toMatch(/^byok_session=; Max-Age=0/);
    expect(await app.sessions.list(USER)).toEqual([]);
  });

  it('a refusal is not told either', async () => {
    const cookie = await cookieOf();
    auditLog.broken = true;
    const answer = await app.inject({ method: 'DELETE', url: '/auth/sessions/none', headers: { cookie } });
    expect(answer.json()).toMatchObject({ code: 'audit_unavailable' });
  });

  it('a sign-in that cannot be recorded has made no row and no session', async () => {
    auditLog.broken = true;
    await signIn();
    expect(await app.sessions.list(USER)).toEqual([]);
    auditLog.broken = false;
    await signIn();
    expect(auditLog.events).toMatchObject([
      {
        action: 'session.start',
        outcome: 'ok',
        actor: { kind: 'user', id: USER },
        subject: USER,
        address: '127.0.0.1',
      },
    ]);
  });
});
