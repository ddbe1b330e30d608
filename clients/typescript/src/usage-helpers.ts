// The helpers about tiers and usage.
import { randomUUID } from 'node:crypto';
import { ByokClientError } from './errors.ts';
import type { SendCall } from './service-calls.ts';

export interface UsageCount {
  readonly apiCallsUsed: number;
  /** Null where there is none. */
  readonly apiCallsLimit: number | null;
  /** Null where there is no limit. */
  readonly remaining: number | null;
  /** `2026-11-30`: the day that is counted. */
  readonly apiCallsResetDate: string | null;
}

export interface TierInfo extends Omit<UsageCount, 'remaining'> {
  readonly email: string;
  readonly tier: string;
  readonly status: string | null;
  /** What counts: a cancelled subscription counts as `trial`. */
  readonly effectiveTier: string;
}

export interface UsageHelpers {
  /** Writes down what a call to a provider cost. Repeated by itself where that is needed, and counted once. */
  recordApiUsage(email: string, provider: string, tokensUsed: number, costUsd?: number | string): Promise<void>;
  getTierInfo(email: string): Promise<TierInfo>;
  setTier(email: string, tier: string, status?: string): Promise<TierInfo>;
  /** Counts calls of the user; a new day begins at 0. Never repeated by itself. */
  incrementUsage(email: string, amount?: number): Promise<UsageCount>;
  resetUsage(email: string): Promise<UsageCount>;
}

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
      await send({ method: 'POST', path: '/usage', headers, body: { events: [event] }, repeatable: true });
    },
    getTierInfo: async (email) => readTierInfo(await read(`${user(email)}/tier`)),
    setTier: async (email, tier, status) =>
      readTierInfo(await write('PUT', `${user(email)}/tier`, status === undefined ? { tier } : { tier, status })),
    incrementUsage: async (email, amount = 1) =>
      readUsageCount(await write('POST', `${user(email)}/usage/increment`, { amount })),
    resetUsage: async (email) => readUsageCount(await write('POST', `${user(email)}/usage/reset`, {})),
  };
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
