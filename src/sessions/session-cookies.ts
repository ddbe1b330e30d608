// The names under which a session may arrive, and the one under which ours leaves.
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SIGN_IN_MS } from './sign-in-store.ts';

/** Ours over TLS, and ours without. */
const OWN_COOKIES = ['__Host-byok_session', 'byok_session'] as const;
/** What the platform's clients send. */
const PLATFORM_COOKIES = ['session_token', 'session'] as const;
const MAX_LENGTH = 512;

export interface SessionCookies {
  /**
   * The candidates in a request, best first, without repeats: those under our names, or where there are none, those
   * under the platform's. Who had a session of ours never goes on as somebody else when it has ended.
   */
  read(request: FastifyRequest): string[];
  /** Whether the request came with a cookie of ours, live or not. */
  hasOwn(request: FastifyRequest): boolean;
  set(reply: FastifyReply, token: string): void;
  clear(reply: FastifyReply): void;
  /** The secret that ties a pending sign-in to this browser. */
  readSignIn(request: FastifyRequest): string | undefined;
  setSignIn(reply: FastifyReply, secret: string): void;
}

/**
 * @param secure browsers reach the service over TLS: cookies are Secure and bound to this host by the `__Host-` prefix.
 * @param basePath in front of every route.
 */
export function createSessionCookies({ secure, basePath }: { secure: boolean; basePath: string }): SessionCookies {
  const base = { httpOnly: true, sameSite: 'lax', secure } as const satisfies CookieSerializeOptions;
  const session = { ...base, path: '/' };
  // The __Host- prefix demands the path "/".
  const signIn = { ...base, path: secure ? '/' : `${basePath}/auth`, maxAge: SIGN_IN_MS / 1000 };
  const name = (plain: string): string => (secure ? `__Host-${plain}` : plain);
  return {
    read(request) {
      const own = valuesOf(request, OWN_COOKIES);
      return own.length > 0 ? own : valuesOf(request, PLATFORM_COOKIES);
    },
    hasOwn: (request) => valuesOf(request, OWN_COOKIES).length > 0,
    set: (reply, token) => void reply.setCookie(name('byok_session'), token, session),
    clear: (reply) => void reply.clearCookie(name('byok_session'), session),
    readSignIn: (request) => request.cookies[name('byok_sign_in')],
    setSignIn: (reply, secret) => void reply.setCookie(name('byok_sign_in'), secret, signIn),
  };
}

function valuesOf({ cookies }: FastifyRequest, names: readonly string[]): string[] {
  const values: string[] = [];
  for (const name of names) {
    const value = cookies[name] ?? '';
    if (value !== '' && value.length <= MAX_LENGTH && !values.includes(value)) values.push(value);
  }
  return values;
}
