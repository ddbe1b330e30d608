// The parts of finding out who is asking, each alone. As a whole: authenticate.test.ts.
import { describe, expect, it } from 'vitest';
import { createAuthenticate } from '../../src/sessions/authenticate-hook.ts';
import { createMemorySessionStore } from '../../src/sessions/memory-session-store.ts';
import { createSessionCookies, type SessionCookie } from '../../src/sessions/session-cookies.ts';

describe('the hook that finds out who is asking', () => {
  const cleared: string[] = [];
  const cookies = {
    read: (): SessionCookie => ({
      name: 'session_token',
      value: 'x',
      values: ['x'],
      of: { ours: true, platform: true },
    }),
    clearDead: (_reply: unknown, name: string) => void cleared.push(name),
  };
  const options = {
    cookies,
    sessions: createMemorySessionStore({ idleMs: 7_200_000, maxMs: 43_200_000 }),
    findUserIdByEmail: async () => 'somebody',
  };

  it('lets nobody on to a route, also to one that does not ask who it is', async () => {
    const hook = createAuthenticate({ ...options, cookies: { ...cookies, read: () => undefined } });
    await expect(hook({ headers: {} } as never, {} as never)).rejects.toMatchObject({ code: 'not_authenticated' });
  });

  it('takes a cookie for dead where the platform’s sessions cannot be reached', async () => {
    const hook = createAuthenticate(options);
    await expect(hook({ headers: {} } as never, {} as never)).rejects.toMatchObject({ code: 'not_authenticated' });
    expect(cleared).toEqual(['session_token']);
  });
});

describe('the cookie that says who is asking', () => {
  const read = (cookie: string) =>
    createSessionCookies({ secure: false, platform: false }).read({ headers: { cookie } } as never);

  it.each([
    ['a', 'a', ['a']],
    ['a; byok_session=a', 'a', ['a']],
    ['a; byok_session=b', undefined, ['a', 'b']],
    ['', undefined, ['']],
    ['x'.repeat(512), 'x'.repeat(512), ['x'.repeat(512)]],
    ['x'.repeat(513), undefined, ['x'.repeat(513)]],
  ])('with the value %s counts as %s', (text, value, values) => {
    const of = { ours: true, platform: false };
    expect(read(`byok_session=${text}`)).toEqual({ name: 'byok_session', value, values, of });
  });
});
