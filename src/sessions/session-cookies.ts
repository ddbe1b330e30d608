// The names under which a session may arrive, and the one under which ours leaves (ADR 0026).
import { isIP } from 'node:net';
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cookieValues } from '../http/cookie-header.ts';

/** Over TLS browsers take this name from this host alone, and over TLS alone. */
const HOST_COOKIE = '__Host-byok_session';
const PLAIN_COOKIE = 'byok_session';
/** What the platform's clients send. Any host of the domain can set these. */
const PLATFORM_COOKIES = ['session_token', 'session'] as const;
const MAX_LENGTH = 512;
/** Of a host's name that count. */
const MOST_PARTS = 6;

/** The one cookie that says who is asking. */
export interface SessionCookie {
  readonly name: string;
  /** Undefined: too long, empty, or several that differ, of which at most one can be the person's. */
  readonly value: string | undefined;
  /** Everything that came under the name. */
  readonly values: readonly string[];
  /** Whose sessions may be under this name in this request. */
  readonly of: { readonly ours: boolean; readonly platform: boolean };
}

export interface SessionCookies {
  /** The first name that is there decides: where its session has ended, nobody goes on as somebody else by another. */
  read(request: FastifyRequest): SessionCookie | undefined;
  set(reply: FastifyReply, token: string): void;
  /** Takes away what is ours, also what an earlier set-up over plain HTTP has left. */
  clear(reply: FastifyReply): void;
  /** Takes away a cookie that leads to no session, so that it hides no other any longer. */
  clearDead(reply: FastifyReply, name: string): void;
}

interface SessionCookiesOptions {
  /** Browsers reach the service over TLS. */
  secure: boolean;
  /** Whether sessions of the platform can be looked up. */
  platform: boolean;
}

export function createSessionCookies({ secure, platform }: SessionCookiesOptions): SessionCookies {
  const options: CookieSerializeOptions = { httpOnly: true, sameSite: 'lax', secure, path: '/' };
  const own = secure ? HOST_COOKIE : PLAIN_COOKIE;
  const clearNamed = (reply: FastifyReply, name: string): void => void reply.clearCookie(name, options);
  // Set by another host of the domain, it has the domain of both: no answer to this host alone takes it away.
  const clearEverywhere = (reply: FastifyReply, name: string): void => {
    clearNamed(reply, name);
    for (const domain of domainsOf(reply.request.hostname)) reply.clearCookie(name, { ...options, domain });
  };
  const clear = (reply: FastifyReply): void => {
    clearNamed(reply, own);
    if (secure && cookieValues(reply.request.headers.cookie, PLAIN_COOKIE).length > 0) clearNamed(reply, PLAIN_COOKIE);
  };
  return {
    read(request) {
      const ours = cookieUnder(request, own, { ours: true, platform: false });
      if (ours !== undefined) return ours;
      const of = { ours: !secure || isScript(request), platform };
      if (!of.ours && !of.platform) return undefined;
      for (const name of PLATFORM_COOKIES) {
        const cookie = cookieUnder(request, name, of);
        if (cookie !== undefined) return cookie;
      }
      return undefined;
    },
    set: (reply, token) => void reply.setCookie(own, token, options),
    clear,
    clearDead(reply, name) {
      if (name === own) clear(reply);
      // Many programs call theirs `session`; as the last of the names it hides none.
      else if (name === PLATFORM_COOKIES[0]) clearEverywhere(reply, name);
    },
  };
}

function cookieUnder({ headers }: FastifyRequest, name: string, of: SessionCookie['of']): SessionCookie | undefined {
  const values = cookieValues(headers.cookie, name);
  const [value, ...others] = values;
  if (value === undefined) return undefined;
  const counts = others.length === 0 && value !== '' && value.length <= MAX_LENGTH;
  return { name, value: counts ? value : undefined, values, of };
}

/** Those of which a cookie may be that this host gets, but for a last part alone: browsers take none for it. */
function domainsOf(host: string): string[] {
  if (host.startsWith('[') || isIP(host) !== 0) return [];
  const parts = host.toLowerCase().split('.').slice(-MOST_PARTS);
  return parts.slice(0, -1).map((_, from) => parts.slice(from).join('.'));
}

/** Every browser puts at least one of these on what it sends over TLS, and pages cannot take them off. */
const isScript = ({ headers }: FastifyRequest): boolean =>
  headers.origin === undefined && !Object.keys(headers).some((name) => name.startsWith('sec-fetch-'));
