// Begins and ends sessions of ours in a browser: always under a new id, never beside an old one, and never unrecorded.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestAudit } from '../audit/request-audit.ts';
import type { SessionCookies } from './session-cookies.ts';
import type { NewSession, Session, SessionStore } from './session-store.ts';

interface BrowserSessionsOptions {
  sessions: SessionStore;
  cookies: SessionCookies;
  audit: RequestAudit;
}

export interface BrowserSessions {
  /** Makes a session, ends those that the browser came with, and sets the cookie. @param via how the person signed in. */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    user: Omit<NewSession, 'userAgent'>,
    via: 'demo' | 'oidc',
  ): Promise<Session>;
  /** Ends the browser's sessions and clears the cookie. @returns the one that counted, where there was any. */
  close(request: FastifyRequest, reply: FastifyReply): Promise<Session | undefined>;
}

export function createBrowserSessions({ sessions, cookies, audit }: BrowserSessionsOptions): BrowserSessions {
  const endThoseOf = async (request: FastifyRequest): Promise<Session[]> => {
    const ended: Session[] = [];
    const cookie = cookies.read(request);
    for (const token of cookie?.of.ours ? cookie.values : []) {
      const session = await sessions.find(token);
      if (session !== undefined && (await sessions.end(session.userId, session.id))) ended.push(session);
    }
    return ended;
  };
  const recordEnds = (request: FastifyRequest, ended: readonly Session[], how: string): Promise<unknown> =>
    Promise.all(
      ended.map(({ userId }) =>
        audit.recordChange(request, {
          action: 'session.end',
          actor: { kind: 'user', id: userId },
          subject: userId,
          details: { how },
        }),
      ),
    );
  return {
    async open(request, reply, user, via) {
      const userAgent = request.headers['user-agent']?.slice(0, 200);
      const { token, session } = await sessions.create({ ...user, userAgent });
      const { userId } = session;
      try {
        const actor = { kind: 'user', id: userId } as const;
        await audit.record(request, {
          action: 'session.start',
          outcome: 'ok',
          actor,
          subject: userId,
          details: { via },
        });
        await recordEnds(request, await endThoseOf(request), 'replaced');
      } catch (error) {
        // Nobody has its token yet.
        await sessions.end(userId, session.id);
        throw error;
      }
      cookies.set(reply, token);
      return session;
    },
    async close(request, reply) {
      const ended = await endThoseOf(request);
      cookies.clear(reply);
      await recordEnds(request, ended, 'sign_out');
      return ended[0];
    },
  };
}
