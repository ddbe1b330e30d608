// The identity provider's own word that a session has ended.
import formbody from '@fastify/formbody';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { RequestAudit } from '../audit/request-audit.ts';
import { problemResponses } from '../http/problem.ts';
import { ByokError } from '../shared/errors.ts';
import { backchannelBody, endedAnswer } from './auth-schemas.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { SessionStore } from './session-store.ts';

interface BackchannelLogoutOptions {
  identityProvider: Pick<IdentityProvider, 'verifyLogoutToken'>;
  sessions: SessionStore;
  audit: RequestAudit;
}

const PROVIDER_SAYS = { action: 'session.end', actor: { kind: 'service', id: 'identity-provider' } } as const;
const UNAVAILABLE = ['session_store_unavailable', 'directory_unavailable', 'directory_misconfigured'] as const;

/**
 * All of these calls come from the identity provider's one address, many at once when somebody signs out everywhere. So
 * they have a limit of their own, and only those that it did not sign count against the address as well: register it
 * outside the scope that limits addresses.
 */
export const backchannelLogoutRoute: FastifyPluginAsyncZod<BackchannelLogoutOptions> = async (app, options) => {
  const { identityProvider, sessions, audit } = options;
  await app.register(formbody);
  const schema = {
    tags: ['auth'],
    summary: 'The identity provider says that a session has ended',
    description: 'OpenID Connect Back-Channel Logout 1.0. Called by Keycloak, not by people.',
    security: [],
    consumes: ['application/x-www-form-urlencoded'],
    body: backchannelBody,
    response: {
      200: endedAnswer,
      ...problemResponses(...UNAVAILABLE, 'audit_unavailable', 'unsupported_media_type', 'body_too_large'),
    },
  };
  app.post(
    '/auth/backchannel-logout',
    { schema, attachValidation: true, onRequest: app.limits.logout },
    async (request, reply) => {
      // The specification knows 400 only.
      reply.header('cache-control', 'no-store');
      const refuse = async (error: unknown): Promise<never> => {
        await app.limits.address(request, reply);
        throw error;
      };
      if (request.validationError !== undefined)
        return refuse(new ByokError('invalid_request', { detail: 'A logout_token is needed.' }));
      const { providerSessionId, userId } = await identityProvider
        .verifyLogoutToken(request.body.logout_token)
        .catch(refuse);
      const ended =
        providerSessionId === undefined
          ? await sessions.endAll(userId ?? '')
          : await sessions.endByProviderSession(providerSessionId);
      if (ended > 0)
        await audit.recordChange(request, {
          ...PROVIDER_SAYS,
          subject: userId,
          details: { ended, how: 'backchannel' },
        });
      return { message: 'Signed out', ended };
    },
  );
};
