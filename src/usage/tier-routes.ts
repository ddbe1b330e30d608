// Tiers, for billing. Registered inside the service scope: every request has a caller with the scope.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { originOf } from '../audit/request-audit.ts';
import { problemResponses } from '../http/problem.ts';
import { BODY_CODES, EMAIL_CODES, SERVICE_CODES } from '../http/problem-codes.ts';
import { callerOf } from '../services/authenticate-service-hook.ts';
import { emailParams, SERVICE_CALL } from '../services/service-schemas.ts';
import type { Subscription, Subscriptions } from './subscriptions.ts';
import { tierAnswer, tierBody } from './usage-schemas.ts';

interface TierOptions {
  subscriptions: Subscriptions;
}

export const tierRoutes: FastifyPluginAsyncZod<TierOptions> = async (app, { subscriptions }) => {
  const address = '/internal/users/:email/tier';
  const codes = [...SERVICE_CODES, ...EMAIL_CODES, 'user_not_found'] as const;

  const get = {
    ...SERVICE_CALL,
    summary: 'A user’s tier, and the calls of today',
    description: 'Needs the scope `tier`. Read fresh from Keycloak.',
    params: emailParams,
    response: { 200: tierAnswer, ...problemResponses(...codes) },
  };
  app.get(address, { schema: get }, async (request) => toAnswer(await subscriptions.get(request.params.email)));

  const put = {
    ...SERVICE_CALL,
    summary: 'Set a user’s tier',
    description: 'Needs the scope `tier`. Recorded with the tier before.',
    params: emailParams,
    body: tierBody,
    response: { 200: tierAnswer, ...problemResponses(...codes, ...BODY_CODES, 'account_read_only', 'write_conflict') },
  };
  app.put(address, { schema: put, config: { audit: { action: 'tier.set' } } }, async (request) => {
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
