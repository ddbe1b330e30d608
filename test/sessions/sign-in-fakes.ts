// A provider that signs in whomever the code names, and a browser's cookies, for sign-ins without a network.
import { expect } from 'vitest';
import { newToken } from '../../src/crypto/secret-token.ts';
import type { IdentityProvider } from '../../src/sessions/identity-provider.ts';
import { ByokError } from '../../src/shared/errors.ts';
import type { buildAuthApp } from '../support/service/auth-app.ts';

type App = Awaited<ReturnType<typeof buildAuthApp>>;

/** Answers every code with the person that it names, once. */
export function fakeProvider() {
  const used = new Set<string>();
  let away = false;
  const provider = {
    async startSignIn() {
      const state = newToken();
      return { url: `https://auth.example.test/?state=${state}`, state, nonce: newToken(), codeVerifier: newToken() };
    },
    async finishSignIn(url: URL) {
      const code = url.searchParams.get('code') ?? '';
      if (away) throw new ByokError('directory_unavailable');
      if (code === 'bad' || used.has(code)) throw new ByokError('sign_in_failed');
      used.add(code);
      return { userId: code, email: undefined, name: undefined, roles: [], providerSessionId: undefined, idToken: 'x' };
    },
  } as unknown as IdentityProvider;
  return {
    provider,
    goAway(is: boolean) {
      away = is;
    },
  };
}

/** Cookies as a browser keeps them. */
export function browserAt(app: App, prefix: string) {
  const jar = new Map<string, string>();
  const header = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  const visit = async (url: string) => {
    const answer = await app.inject({
      method: 'GET',
      url,
      headers: { cookie: header(), accept: 'application/json' },
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  const begin = async (query = '') => {
    const answer = await visit(`/auth/login${query}`);
    expect(answer.statusCode).toBe(303);
    return new URL(String(answer.headers.location)).searchParams.get('state') ?? '';
  };
  const comeBack = (state: string, code = newToken()) => visit(`/auth/callback?state=${state}&code=${code}`);
  const signIns = () => [...jar.keys()].filter((name) => name.startsWith(prefix));
  return { jar, header, visit, begin, comeBack, signIns };
}
