// The helpers about tiers and usage.
import { randomUUID } from 'node:crypto';
import { ByokClientError } from './errors.ts';
import type { TierInfo, UsageCount, UsageHelpers } from './helpers.ts';
import type { SendCall } from './service-calls.ts';

type Json = Readonly<Record<string, unknown>>;

export function createUsageHelpers(send: SendCall): UsageHelpers {
  const user = (email: string): string => `/users/${encodeURIComponent(email)}`;
  const read = (path: string) => send({ method: 'GET', path, repeatable: true });
  const write = (method: 'POST' | 'PUT', path: string, body: Json) => send({ method, path, body, repeatable: false });
  return {
    async recordApiUsage(email, provider, tokensUsed, costUsd = 0) {
      const id = randomUUID();
      const event = { id, user: { email }, provider, tokens_used: tokensUsed, cost_usd: costUsd };
      const headers = { 'idempotency-key': id };
      const body = { events: [event] };
      refuseRejected(await send({ method: 'POST', path: '/usage', headers, body, repeatable: true }));
    },
    getTierInfo: async (email) => readTierInfo(await read(`${user(email)}/tier`)),
    setTier: async (email, tier, status) =>
      readTierInfo(await write('PUT', `${user(email)}/tier`, status === undefined ? { tier } : { tier, status })),
    incrementUsage: async (email, amount = 1) =>
      readUsageCount(await write('POST', `${user(email)}/usage/increment`, { amount })),
    resetUsage: async (email) => readUsageCount(await write('POST', `${user(email)}/usage/reset`, {})),
  };
}

// A batch is accepted as a whole and says of each event what became of it.
function refuseRejected({ results }: Json): void {
  const [first] = Array.isArray(results) ? results : [];
  if (first?.status !== 'rejected') return;
  const reason = typeof first.reason === 'string' ? first.reason : undefined;
  throw new ByokClientError('The key service did not record this usage.', {
    code: 'usage_rejected',
    status: 200,
    reason,
  });
}

function readTierInfo(answer: Json): TierInfo {
  const { remaining: _, ...count } = readUsageCount(answer);
  const status = answer.status;
  return {
    email: text(answer.email),
    tier: text(answer.tier),
    status: typeof status === 'string' ? status : null,
    effectiveTier: text(answer.effective_tier),
    ...count,
  };
}

function readUsageCount(answer: Json): UsageCount {
  const used = numberOrNull(answer.api_calls_used);
  if (used === null) throw unexpected();
  const date = answer.api_calls_reset_date;
  return {
    apiCallsUsed: used,
    apiCallsLimit: numberOrNull(answer.api_calls_limit),
    remaining: numberOrNull(answer.remaining),
    apiCallsResetDate: typeof date === 'string' ? date : null,
  };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw unexpected();
  return value;
}

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);
const unexpected = (): ByokClientError =>
  new ByokClientError('The key service answered in a form that this client does not know.', {
    code: 'unexpected_answer',
    status: 200,
  });
