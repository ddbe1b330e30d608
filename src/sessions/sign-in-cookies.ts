// Begun sign-ins, each in an encrypted cookie of its own with the browser that began it (ADR 0026): nothing is stored here,
// so nobody can fill a store with them, and every replica can take the callback.
import { hash } from 'node:crypto';
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { SealedText } from '../crypto/sealed-text.ts';
import { cookieNames, cookieValues } from '../http/cookie-header.ts';
import { type PendingSignIn, SIGN_IN_MS } from './pending-sign-in.ts';

export interface SignInCookies {
  /** Gives the browser one more, and takes the oldest away where it has too many. */
  keep(request: FastifyRequest, reply: FastifyReply, state: string, signIn: PendingSignIn): void;
  /** Undefined: this browser did not begin it, or too long ago. */
  find(request: FastifyRequest, state: string): PendingSignIn | undefined;
  clear(reply: FastifyReply, state: string): void;
  /** The secret that ties sign-ins begun on a replica of an older version to this browser. */
  earlierSecret(request: FastifyRequest): string | undefined;
}

interface SignInCookiesOptions {
  /** Browsers reach the service over TLS: they take these cookies from this host alone. */
  secure: boolean;
  /** In front of every route. */
  basePath: string;
  sealed: SealedText;
  now?: () => number;
}

const MOST = 5;
/** Of one cookie, name and value; browsers drop what is longer than 4,096 bytes with its attributes. */
const MAX_BYTES = 3_500;
/** Of all together: Node takes 16 KiB of headers, and other cookies of the host need room too. */
const MAX_BYTES_IN_ALL = 7_000;
/** No more than this many are cleared in one response. */
const MOST_CLEARED = 50;

const keptSchema = z.tuple([z.string(), z.string(), z.string()]);

export function createSignInCookies(options: SignInCookiesOptions): SignInCookies {
  const { secure, basePath, sealed, now = () => Date.now() } = options;
  const prefix = `${secure ? '__Host-' : ''}byok_sign_in`;
  // The __Host- prefix demands the path "/".
  const attributes = { httpOnly: true, sameSite: 'lax', secure, path: secure ? '/' : `${basePath}/auth` } as const;
  const lasting: CookieSerializeOptions = { ...attributes, maxAge: SIGN_IN_MS / 1000 };
  const nameFor = (state: string): string => `${prefix}_${hash('sha256', state, 'base64url').slice(0, 11)}`;
  const contextOf = (state: string, until: string): string => `${until}.${state}`;

  const sealSignIn = (state: string, { nonce, codeVerifier, returnTo }: PendingSignIn): string => {
    const until = (now() + SIGN_IN_MS).toString(36);
    return `${until}.${sealed.seal(JSON.stringify([nonce, codeVerifier, returnTo]), contextOf(state, until))}`;
  };
  const openSignIn = (state: string, value: string): PendingSignIn | undefined => {
    const [until = '', text = ''] = value.split('.', 2);
    if (!(endOf(value) > now())) return undefined;
    const opened = sealed.open(text, contextOf(state, until));
    if (opened === undefined) return undefined;
    const kept = keptSchema.safeParse(JSON.parse(opened));
    if (!kept.success) return undefined;
    const [nonce, codeVerifier, returnTo] = kept.data;
    return { nonce, codeVerifier, returnTo };
  };

  return {
    keep({ headers }, reply, state, signIn) {
      const name = nameFor(state);
      const value = sealSignIn(state, signIn);
      // The first page, rather than a cookie that the browser would drop.
      const kept =
        name.length + value.length <= MAX_BYTES ? value : sealSignIn(state, { ...signIn, returnTo: `${basePath}/` });
      const crowd = surplus(headers.cookie, `${prefix}_`, name.length + kept.length);
      for (const one of crowd.slice(0, MOST_CLEARED)) void reply.clearCookie(one, attributes);
      void reply.setCookie(name, kept, lasting);
    },
    find({ headers }, state) {
      const values = cookieValues(headers.cookie, nameFor(state));
      for (const value of values) {
        const signIn = openSignIn(state, value);
        if (signIn !== undefined) return signIn;
      }
      return undefined;
    },
    clear: (reply, state) => void reply.clearCookie(nameFor(state), attributes),
    earlierSecret({ headers }) {
      const values = cookieValues(headers.cookie, prefix);
      return values.length === 1 ? values[0] : undefined;
    },
  };
}

/** @returns names of the oldest, for which there is no room beside one more of `bytes`. */
function surplus(header: string | undefined, prefix: string, bytes: number): string[] {
  const held = cookieNames(header, prefix).map((name) => {
    const values = cookieValues(header, name);
    return { name, end: Math.max(...values.map(endOf)), bytes: name.length + Math.max(...values.map((v) => v.length)) };
  });
  held.sort((a, b) => b.end - a.end);
  let room = MAX_BYTES_IN_ALL - bytes;
  return held.flatMap((one, index) => {
    room -= one.bytes;
    return index < MOST - 1 && room >= 0 ? [] : [one.name];
  });
}

/** As it is written in front, for putting them in order; what has been changed there does not open. */
function endOf(value: string): number {
  const until = /^([0-9a-z]{1,10})\./.exec(value)?.[1];
  return until === undefined ? 0 : Number.parseInt(until, 36);
}
