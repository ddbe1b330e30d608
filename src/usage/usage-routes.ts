// Counting and recording of what services do with keys. Registered inside the service scope: every request has a caller with the scope.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { originOf } from '../audit/request-audit.ts';
import { keepNumbers } from '../http/body-parsers.ts';
import { problemResponses } from '../http/problem.ts';
import { BODY_CODES, EMAIL_CODES, SERVICE_CODES } from '../http/problem-codes.ts';
import { callerOf } from '../services/authenticate-service-hook.ts';
import { emailParams, SERVICE_CALL } from '../services/service-schemas.ts';
import { readUsageEvent } from './read-usage-event.ts';
import type { EventResult, Usage, UsageService } from './usage.ts';
import { batchAnswer, batchBody, batchHeaders, incrementBody, usageAnswer } from './usage-schemas.ts';

interface UsageOptions {
  usage: UsageService;
}

export const usageRoutes: FastifyPluginAsyncZod<UsageOptions> = async (app, { usage }) => {
  keepNumbers(app.withTypeProvider(), 'cost_usd');
  const codes = [...SERVICE_CODES, ...BODY_CODES] as const;
  const byEmail = [...codes, ...EMAIL_CODES, 'user_not_found'] as const;

  const increment = {
    ...SERVICE_CALL,
    summary: 'Count calls of a user',
    description: 'Needs the scope `usage`. Counted by day (UTC); no count is lost, however many come at once.',
    params: emailParams,
    body: incrementBody,
    response: { 200: usageAnswer, ...problemResponses(...byEmail) },
  };
  app.post('/internal/users/:email/usage/increment', { schema: increment }, async (request) => {
    const { email } = request.params;
    return toAnswer(await usage.increment({ email }, request.body?.amount ?? 1));
  });

  const reset = {
    ...SERVICE_CALL,
    summary: 'Start a user’s count of today again from zero',
    description: 'Needs the scope `usage`. Recorded.',
    params: emailParams,
    response: { 200: usageAnswer, ...problemResponses(...byEmail) },
  };
  app.post(
    '/internal/users/:email/usage/reset',
    { schema: reset, config: { audit: { action: 'usage.reset' } } },
    async (request) => {
      const { email } = request.params;
      return toAnswer(await usage.reset(callerOf(request), { email }, originOf(request)));
    },
  );

  const record = {
    ...SERVICE_CALL,
    summary: 'Record what calls have used and cost',
    description:
      'Needs the scope `usage`. What became of each event is in `results`: one that cannot be recorded is `rejected` with its reason, and the others are recorded. A repeat with the same `Idempotency-Key` gives the answer of the first time, and an event `id` is recorded once.',
    headers: batchHeaders,
    body: batchBody,
    response: { 200: batchAnswer, ...problemResponses(...codes) },
  };
  app.post(
    '/internal/usage',
    { schema: record, bodyLimit: BATCH_LIMIT, config: { limits: { bodyName: 'batch' } } },
    async (request) => {
      const events = request.body.events.map(readUsageEvent);
      const results = await usage.record(callerOf(request), { key: request.headers['idempotency-key'], events });
      const count = (status: EventResult['status']): number => results.filter((one) => one.status === status).length;
      return { recorded: count('recorded'), duplicates: count('duplicate'), rejected: count('rejected'), results };
    },
  );
};

/** Room for 500 events with the longest ids. */
const BATCH_LIMIT = 512 * 1024;

function toAnswer(usage: Usage) {
  const limit = usage.limit ?? null;
  return {
    api_calls_used: usage.used,
    api_calls_limit: limit,
    remaining: limit === null ? null : Math.max(0, limit - usage.used),
    api_calls_reset_date: usage.day,
  };
}
