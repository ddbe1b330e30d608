// The call by which services get keys. Registered inside the service scope: every request has a caller with the scope.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { originOf } from '../audit/request-audit.ts';
import { problemResponses } from '../http/problem.ts';
import { BODY_CODES, SERVICE_CODES } from '../http/problem-codes.ts';
import { callerOf } from '../services/authenticate-service-hook.ts';
import { SERVICE_CALL } from '../services/service-schemas.ts';
import type { KeyRelease } from './key-release.ts';
import { resolveAnswer, resolveBody } from './resolve-schemas.ts';

interface ResolveOptions {
  keyRelease: KeyRelease;
}

export const resolveRoute: FastifyPluginAsyncZod<ResolveOptions> = async (app, { keyRelease }) => {
  app.post(
    '/internal/keys/resolve',
    {
      config: { audit: { action: 'key.release' } },
      schema: {
        ...SERVICE_CALL,
        summary: 'A user’s key in plain text, for a call on the user’s behalf',
        description:
          'Needs the scope `resolve`. Every release and every refusal is recorded before it is answered; where it cannot be, there is no key.',
        body: resolveBody,
        response: {
          200: resolveAnswer,
          ...problemResponses(...SERVICE_CODES, ...BODY_CODES, 'invalid_provider', 'key_not_released'),
        },
      },
    },
    async (request, reply) => {
      const { user, provider, preferred = '', system_fallback: systemFallback } = request.body;
      const wanted = provider === undefined ? { preferred } : { provider };
      const key = await keyRelease.release(callerOf(request), { user, wanted, systemFallback }, originOf(request));
      // Nothing between us and the service may keep it.
      reply.header('cache-control', 'no-store');
      return {
        api_key: key.apiKey,
        provider: key.provider,
        endpoint: key.endpoint ?? null,
        user_id: key.userId ?? null,
        endpoint_checked: key.endpointChecked ?? null,
        is_byok: key.source === 'user',
        source: key.source,
        reason: key.reason ?? null,
        version: key.version ?? null,
        max_age_seconds: key.maxAgeSeconds,
        stale: key.stale,
      };
    },
  );
};
