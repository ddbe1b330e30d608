// How sessions of ours begin and end: in a browser, and by the identity provider's word. With what is on record of it.
import type { FastifyRequest } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuditRecorder } from '../../src/audit/audit-recorder.ts';
import { createRequestAudit } from '../../src/audit/request-audit.ts';
import { newToken } from '../../src/crypto/secret-token.ts';
import { createBrowserSessions } from '../../src/sessions/browser-sessions.ts';
import type { IdentityProvider } from '../../src/sessions/identity-provider.ts';
import { createMemorySessionStore } from '../../src/sessions/memory-session-store.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';
import { buildAuthApp } from '../support/service/auth-app.ts';
import { someone } from './session-store-under-test.ts';
import { browserAt, fakeProvider } from './sign-in-fakes.ts';

type App = Awaited<ReturnType<typeof buildAuthApp>>;
type Ended = Awaited<ReturnType<IdentityProvider['verifyLogoutToken']>>;

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
/** What the fake provider says of logout tokens. */
const LOGOUT_TOKENS: ReadonlyMap<string, Ended> = new Map([
  ['of-a-session', { providerSessionId: 'sid-1', userId: 'ada' }],
  ['of-a-person', { providerSessionId: undefined, userId: 'ada' }],
]);

let app: App;
let sessions: ReturnType<typeof createMemorySessionStore>;
let audit: ReturnType<typeof createMemoryAuditLog>;
let logoutUrl: IdentityProvider['logoutUrl'];
/** Logout tokens that the provider was asked about. */
let shown: string[];
beforeEach(async () => {
  sessions = createMemorySessionStore({ idleMs: 7_200_000, maxMs: 43_200_000 });
  audit = createMemoryAuditLog();
  shown = [];
  logoutUrl = async () => 'https://auth.example.test/logout';
  const identityProvider: IdentityProvider = {
    ...fakeProvider().provider,
    async verifyLogoutToken(token) {
      shown.push(token);
      if (token === 'down') throw new ByokError('directory_unavailable');
      const ended = LOGOUT_TOKENS.get(token);
      if (ended === undefined) throw new ByokError('invalid_request');
      return ended;
    },
    logoutUrl: (...args) => logoutUrl(...args),
  };
  app = await buildAuthApp({ identityProvider, sessions, auditLog: audit });
});
afterEach(() => app?.close());

const isAlive = async (token: string): Promise<boolean> => (await sessions.find(token)) !== undefined;
const actionsOf = () => audit.events.map(({ action, details, subject }) => ({ action, details, subject }));

describe('the identity provider’s word that a session has ended', () => {
  const send = (payload: string, headers: Record<string, string> = FORM) =>
    app.inject({ method: 'POST', url: '/auth/backchannel-logout', payload, headers });
  const seed = async () => ({
    named: await sessions.create(someone({ userId: 'ada', providerSessionId: 'sid-1' })),
    other: await sessions.create(someone({ userId: 'ada', providerSessionId: 'sid-2' })),
    stranger: await sessions.create(someone({ userId: 'eve', providerSessionId: 'sid-3' })),
  });

  it.each([
    ['of-a-session', 1, [false, true, true]],
    ['of-a-person', 2, [false, false, true]],
  ] as const)('%s ends %i, and is on record once', async (token, ended, alive) => {
    const { named, other, stranger } = await seed();
    const answer = await send(`logout_token=${token}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ message: 'Signed out', ended });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(await Promise.all([named, other, stranger].map((one) => isAlive(one.token)))).toEqual(alive);
    expect(audit.events).toEqual([
      expect.objectContaining({
        action: 'session.end',
        outcome: 'ok',
        actor: { kind: 'service', id: 'identity-provider' },
        subject: 'ada',
        details: { ended, how: 'backchannel' },
      }),
    ]);
    // Said twice, it ends nothing, and there is nothing to record.
    expect((await send(`logout_token=${token}`)).json()).toEqual({ message: 'Signed out', ended: 0 });
    expect(audit.events).toHaveLength(1);
  });

  it.each([
    ['no token', '', 'invalid_request', 400],
    ['an empty one', 'logout_token=', 'invalid_request', 400],
    ['one that is refused', 'logout_token=wrong', 'invalid_request', 400],
    ['one that nobody can check now', 'logout_token=down', 'directory_unavailable', 503],
  ] as const)('is nothing with %s', async (_what, payload, code, status) => {
    const { named, other } = await seed();
    const answer = await send(payload);
    expect(answer.json()).toMatchObject({ code, status });
    expect(answer.headers['cache-control']).toBe('no-store');
    for (const { token } of [named, other]) expect(await isAlive(token)).toBe(true);
    expect(audit.events).toEqual([]);
  });

  it('is not looked for where there is no token', async () => {
    expect((await send('')).json()).toMatchObject({ code: 'invalid_request', detail: 'A logout_token is needed.' });
    expect(shown).toEqual([]);
  });

  it('may take no other form', async () => {
    expect((await send('<logout_token/>', { 'content-type': 'application/xml' })).statusCode).toBe(415);
  });
});

describe('a session in a browser', () => {
  const browser = () => browserAt(app, 'byok_sign_in_');
  const signIn = async (at = browser(), userId = 'ada') => {
    const answer = await at.comeBack(await at.begin(), userId);
    return { at, answer, token: at.jar.get('byok_session') ?? '' };
  };

  it('begins on record, and shows its list what browser it is, cut short', async () => {
    const at = browser();
    const state = await at.begin();
    const headers = { cookie: at.header(), 'user-agent': `Firefox ${'x'.repeat(500)}` };
    await app.inject({ method: 'GET', url: `/auth/callback?state=${state}&code=ada`, headers });
    const [session] = await sessions.list('ada');
    expect(session?.userAgent).toBe(`Firefox ${'x'.repeat(192)}`);
    expect(audit.events).toEqual([
      expect.objectContaining({
        action: 'session.start',
        outcome: 'ok',
        actor: { kind: 'user', id: 'ada' },
        subject: 'ada',
        details: { via: 'oidc' },
      }),
    ]);
  });

  it('ends the one that the browser had, on record, and nobody else’s', async () => {
    const first = await signIn();
    const elsewhere = await signIn(browser(), 'ben');
    audit.events.length = 0;
    const second = await signIn(first.at, 'eve');
    expect(await Promise.all([first, elsewhere, second].map(({ token }) => isAlive(token)))).toEqual([
      false,
      true,
      true,
    ]);
    expect(actionsOf()).toEqual([
      { action: 'session.start', details: { via: 'oidc' }, subject: 'eve' },
      { action: 'session.end', details: { how: 'replaced' }, subject: 'ada' },
    ]);
  });

  it('does not begin where that cannot be recorded', async () => {
    audit.broken = true;
    const { answer, token } = await signIn();
    expect(answer.statusCode).toBe(503);
    expect(token).toBe('');
    expect(await sessions.list('ada')).toEqual([]);
  });

  it('ends with signing out, on record, and the person goes on to the provider', async () => {
    const { at, token } = await signIn();
    audit.events.length = 0;
    const answer = await app.inject({ method: 'POST', url: '/auth/logout', headers: { cookie: at.header() } });
    expect(answer.json()).toEqual({ message: 'Signed out', logout_url: 'https://auth.example.test/logout' });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['set-cookie']).toMatch(/^byok_session=; Max-Age=0/);
    expect(await isAlive(token)).toBe(false);
    expect(actionsOf()).toEqual([{ action: 'session.end', details: { how: 'sign_out' }, subject: 'ada' }]);
    expect(audit.events[0]?.actor).toEqual({ kind: 'user', id: 'ada' });
  });

  it('ends here whether the provider can be reached or not', async () => {
    logoutUrl = () => Promise.reject(new ByokError('directory_unavailable'));
    const { at, token } = await signIn();
    const answer = await app.inject({ method: 'POST', url: '/auth/logout', headers: { cookie: at.header() } });
    expect(answer.json()).toEqual({ message: 'Signed out', logout_url: null });
    expect(await isAlive(token)).toBe(false);
    const person = { cookie: (await signIn()).at.header(), accept: 'text/html', 'sec-fetch-site': 'same-origin' };
    const page = await app.inject({ method: 'POST', url: '/auth/logout', headers: { ...person, ...FORM } });
    expect([page.statusCode, page.headers.location]).toEqual([303, '/']);
    // A fault of ours is none of the provider's.
    logoutUrl = () => Promise.reject(new TypeError('a fault'));
    expect((await app.inject({ method: 'POST', url: '/auth/logout' })).statusCode).toBe(500);
  });

  it('is not ended by a page of another site', async () => {
    const { at, token } = await signIn();
    const headers = { cookie: at.header(), origin: 'https://elsewhere.example' };
    expect((await app.inject({ method: 'POST', url: '/auth/logout', headers })).statusCode).toBe(403);
    expect(await isAlive(token)).toBe(true);
  });

  it('is none without one: signing out is not on record', async () => {
    const answer = await app.inject({ method: 'POST', url: '/auth/logout' });
    expect(answer.json()).toEqual({ message: 'Signed out', logout_url: 'https://auth.example.test/logout' });
    expect(audit.events).toEqual([]);
  });

  it('that has ended already is signed out of, not on record', async () => {
    const headers = { cookie: `byok_session=${newToken()}` };
    const answer = await app.inject({ method: 'POST', url: '/auth/logout', headers });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['set-cookie']).toMatch(/^byok_session=; Max-Age=0/);
    expect(audit.events).toEqual([]);
  });

  it('is told to the provider by its ID token, with where to come back to', async () => {
    const { at } = await signIn();
    const said: unknown[] = [];
    logoutUrl = async (...args) => {
      said.push(args);
      return 'https://auth.example.test/logout';
    };
    await app.inject({ method: 'POST', url: '/auth/logout', headers: { cookie: at.header() } });
    expect(said).toEqual([['x', 'http://localhost:8084/']]);
  });

  it('begins also in one that does not say what it is', async () => {
    const ignored = () => undefined;
    const browserSessions = createBrowserSessions({
      sessions,
      cookies: { read: ignored, set: ignored, clear: ignored, clearDead: ignored },
      audit: createRequestAudit(createAuditRecorder(audit)),
    });
    const request = { id: 'r-1', ip: '10.0.0.7', headers: {} } as FastifyRequest;
    const opened = await browserSessions.open(request, {} as never, someone({ userId: 'ada' }), 'oidc');
    expect(opened.userAgent).toBeUndefined();
  });

  it('ends with each value that came under its name, of which one is a stranger’s', async () => {
    const [one, two] = [await signIn(), await signIn()];
    const cookie = `byok_session=${one.token}; byok_session=${two.token}`;
    await app.inject({ method: 'POST', url: '/auth/logout', headers: { cookie } });
    expect([await isAlive(one.token), await isAlive(two.token)]).toEqual([false, false]);
  });
});
