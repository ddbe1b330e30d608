// Signing out: here, and on to the identity provider. Public: it works on whatever cookie there is.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createOriginGuard } from '../http/csrf.ts';
import { wantsPage } from '../http/page.ts';
import { problemResponses } from '../http/problem.ts';
import { CHANGE_CODES } from '../http/problem-codes.ts';
import { ByokError } from '../shared/errors.ts';
import { logoutAnswer, redirectAnswer } from './auth-schemas.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import type { IdentityProvider } from './identity-provider.ts';

interface LogoutRouteOptions {
  browserSessions: BrowserSessions;
  /** Undefined in the embedded default. */
  identityProvider?: Pick<IdentityProvider, 'logoutUrl'> | undefined;
  publicUrl: string;
  basePath: string;
}

export const logoutRoute: FastifyPluginAsyncZod<LogoutRouteOptions> = async (app, options) => {
  const { browserSessions, publicUrl, basePath } = options;
  const schema = {
    tags: ['auth'],
    summary: 'Sign out',
    description: 'Ends this session. A form in a browser is sent on to sign out at the identity provider.',
    security: [],
    response: {
      200: logoutAnswer,
      303: redirectAnswer,
      ...problemResponses('session_store_unavailable', ...CHANGE_CODES),
    },
  };
  app.post('/auth/logout', { schema, onRequest: createOriginGuard({ publicUrl }) }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const session = await browserSessions.close(request, reply);
    const logoutUrl = await providerLogoutUrl(options, session?.idToken);
    if (wantsPage(request)) return reply.redirect(logoutUrl ?? `${basePath}/`, 303);
    return { message: 'Signed out', logout_url: logoutUrl };
  });
};

/** Our session has ended whether or not the provider can be reached. */
async function providerLogoutUrl(
  { identityProvider, publicUrl, basePath }: LogoutRouteOptions,
  idToken: string | undefined,
): Promise<string | null> {
  if (identityProvider === undefined) return null;
  try {
    return await identityProvider.logoutUrl(idToken, `${publicUrl}${basePath}/`);
  } catch (error) {
    if (error instanceof ByokError) return null;
    throw error;
  }
}
