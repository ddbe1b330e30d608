// The person's own account and sessions. Registered inside the scope of people: every request has a principal.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { RequestAudit } from '../audit/request-audit.ts';
import { principalOf } from '../http/principal.ts';
import { problemResponses } from '../http/problem.ts';
import { ACCOUNT_CODES, CHANGE_CODES, SESSION_CODES } from '../http/problem-codes.ts';
import { ByokError } from '../shared/errors.ts';
import { type DescribeUser, usableUser } from '../users/usable-user.ts';
import { endedAnswer, meAnswer, type Subscribing, sessionParams, sessionsAnswer } from './auth-schemas.ts';
import type { SessionCookies } from './session-cookies.ts';
import type { SessionStore } from './session-store.ts';

interface SessionRoutesOptions {
  sessions: SessionStore;
  cookies: SessionCookies;
  describeUser: DescribeUser;
  subscribing: Subscribing;
  audit: RequestAudit;
}

const common = { tags: ['auth'], security: [{ session: [] }, { bearer: [] }] };
const ENDING_CODES = [...SESSION_CODES, ...CHANGE_CODES] as const;
const ENDING = { audit: { action: 'session.end', about: 'self' } } as const;
const timeOf = (ms: number): string => new Date(ms).toISOString();

export const sessionRoutes: FastifyPluginAsyncZod<SessionRoutesOptions> = async (app, options) => {
  const { sessions, cookies, describeUser, subscribing, audit } = options;
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  const me = {
    ...common,
    summary: 'Who you are',
    response: { 200: meAnswer, ...problemResponses(...ACCOUNT_CODES) },
  };
  app.get('/auth/me', { schema: me }, async (request) => {
    const { userId, roles } = principalOf(request);
    const me = await describeMe(describeUser, userId, roles);
    return {
      ...me,
      may_store_keys: subscribing.mayStoreKeys(me.tier),
      required_tier: subscribing.requiredTier,
      upgrade_url: subscribing.upgradeUrl ?? null,
    };
  });

  const list = {
    ...common,
    summary: 'Where you are signed in',
    response: { 200: sessionsAnswer, ...problemResponses(...SESSION_CODES) },
  };
  app.get('/auth/sessions', { schema: list }, async (request) => {
    const { userId, sessionId } = principalOf(request);
    const items = (await sessions.list(userId)).map((session) => ({
      id: session.id,
      created_at: timeOf(session.createdAt),
      last_seen_at: timeOf(session.lastSeenAt),
      user_agent: session.userAgent ?? null,
      current: session.id === sessionId,
    }));
    return { items, next_cursor: null };
  });

  const endOne = {
    ...common,
    summary: 'End one of your sessions',
    params: sessionParams,
    response: { 200: endedAnswer, ...problemResponses(...ENDING_CODES, 'session_not_found', 'validation_failed') },
  };
  app.delete('/auth/sessions/:id', { schema: endOne, config: ENDING }, async (request, reply) => {
    const { userId, sessionId } = principalOf(request);
    if (!(await sessions.end(userId, request.params.id))) throw new ByokError('session_not_found');
    if (request.params.id === sessionId) cookies.clear(reply);
    await audit.recordChange(request, { subject: userId, details: { ended: 1, how: 'one' } });
    return { message: 'Session ended', ended: 1 };
  });

  const endAll = {
    ...common,
    summary: 'End all of your sessions, this one included',
    response: { 200: endedAnswer, ...problemResponses(...ENDING_CODES) },
  };
  app.delete('/auth/sessions', { schema: endAll, config: ENDING }, async (request, reply) => {
    const { userId } = principalOf(request);
    const ended = await sessions.endAll(userId);
    cookies.clear(reply);
    await audit.recordChange(request, { subject: userId, details: { ended, how: 'all' } });
    return { message: ended === 1 ? '1 session ended' : `${ended} sessions ended`, ended };
  });
};

/** @throws ByokError `not_authenticated` where the user is gone, `account_disabled`. */
export async function describeMe(describeUser: DescribeUser, userId: string, roles: readonly string[]) {
  const user = usableUser(await describeUser(userId));
  return { id: userId, email: user.email ?? null, name: user.name ?? null, tier: user.tier, roles: [...roles] };
}
