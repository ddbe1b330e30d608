// What internal services call. Registered inside the service scope: every request has a caller.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { AuditLog } from '../audit/audit-log.ts';
import { problemResponses } from '../http/problem.ts';
import type { KeyRelease } from '../release/key-release.ts';
import type { Subscription, Subscriptions } from '../usage/subscriptions.ts';
import { callerOf, createScopeGuard, originOf } from './authenticate-service-hook.ts';
import { BODY_CODES, internal, SERVICE_CODES } from './internal-common.ts';
import { emailParams, resolveAnswer, resolveBody, tierAnswer, tierBody } from './internal-schemas.ts';

interface ResolveOptions {
  audit: AuditLog;
  keyRelease: KeyRelease;
}

interface TierOptions {
  audit: AuditLog;
  subscriptions: Subscriptions;
}

export const resolveRoute: FastifyPluginAsyncZod<ResolveOptions> = async (app, { audit, keyRelease }) => {
  app.addHook('onRequest', createScopeGuard('resolve', audit));
  app.post(
    '/internal/keys/resolve',
    {
      config: { audited: 'key.release' },
      schema: {
        ...internal,
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

export const tierRoutes: FastifyPluginAsyncZod<TierOptions> = async (app, { audit, subscriptions }) => {
  app.addHook('onRequest', createScopeGuard('tier', audit));
  const address = '/internal/users/:email/tier';
  const codes = [...SERVICE_CODES, 'user_not_found'] as const;

  const get = {
    ...internal,
    summary: 'A user’s tier, and the calls of today',
    description: 'Needs the scope `tier`. Read fresh from Keycloak.',
    params: emailParams,
    response: { 200: tierAnswer, ...problemResponses(...codes) },
  };
  app.get(address, { schema: get }, async (request) => toAnswer(await subscriptions.get(request.params.email)));

  const put = {
    ...internal,
    summary: 'Set a user’s tier',
    description: 'Needs the scope `tier`. Recorded with the tier before.',
    params: emailParams,
    body: tierBody,
    response: { 200: tierAnswer, ...problemResponses(...codes, ...BODY_CODES, 'write_conflict') },
  };
  app.put(address, { schema: put, config: { audited: 'tier.set' } }, async (request) => {
    const { tier, status } = request.body;
    const { email } = request.params;
    return toAnswer(await subscriptions.set(callerOf(request), email, { tier, status }, originOf(request)));
  });
};

function toAnswer({ email, tier, status, effectiveTier, usage }: Subscription) {
  return {
    email: email ?? null,
    tier,
    status: status ?? null,
    effective_tier: effectiveTier,
    api_calls_used: usage.used,
    api_calls_limit: usage.limit ?? null,
    api_calls_reset_date: usage.day,
  };
}
