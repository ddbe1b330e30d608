// Begins and ends sessions of ours in a browser: always under a new id, never beside an old one.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { NewSession, Session, SessionStore } from '../domain/session-store.ts';
import type { SessionCookies } from './session-cookies.ts';

interface BrowserSessionsOptions {
  sessions: SessionStore;
  cookies: SessionCookies;
}

export interface BrowserSessions {
  /** Makes a session, ends those that the browser came with, and sets the cookie. */
  open(request: FastifyRequest, reply: FastifyReply, user: Omit<NewSession, 'userAgent'>): Promise<Session>;
  /** Ends the browser's sessions and clears the cookie. @returns the one that counted, where there was any. */
  close(request: FastifyRequest, reply: FastifyReply): Promise<Session | undefined>;
}

export function createBrowserSessions({ sessions, cookies }: BrowserSessionsOptions): BrowserSessions {
  const endThoseOf = async (request: FastifyRequest): Promise<Session | undefined> => {
    let first: Session | undefined;
    for (const token of cookies.read(request)) {
      const session = await sessions.find(token);
      if (session === undefined) continue;
      first ??= session;
      await sessions.end(session.userId, session.id);
    }
    return first;
  };
  return {
    async open(request, reply, user) {
      const userAgent = request.headers['user-agent']?.slice(0, 200);
      const { token, session } = await sessions.create({ ...user, userAgent });
      await endThoseOf(request);
      cookies.set(reply, token);
      return session;
    },
    async close(request, reply) {
      const session = await endThoseOf(request);
      cookies.clear(reply);
      return session;
    },
  };
}
