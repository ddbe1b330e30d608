// What services send and get when they set tiers, count calls and record what calls cost.
import { z } from 'zod';
import { userName } from '../services/service-schemas.ts';
import { EVENT_PROBLEMS, type EventProblem } from './usage.ts';
import { readUsdAmount } from './usd-amount.ts';

const tier = z.string().min(1).max(100).describe('One of BYOK_TIER_RANKS');
export const tierBody = z.object({
  tier,
  status: z
    .string()
    .regex(/^[a-z][a-z_]{0,39}$/, 'must be a word such as active or past_due')
    .optional()
    .describe('`active` and `trialing` count, anything else ranks as trial. Left out: as it is'),
});

const used = z.int().describe('Calls counted today (UTC)');
const limit = z.int().nullable().describe('Calls a day; null: no limit');
const day = z.string().describe('The day that is counted, in UTC, such as 2026-11-22');

export const tierAnswer = z
  .object({
    email: z.string().nullable(),
    tier: z.string(),
    status: z.string().nullable(),
    effective_tier: z.string().describe('What counts: trial while the subscription is lapsed'),
    api_calls_used: used,
    api_calls_limit: limit,
    api_calls_reset_date: day,
  })
  .describe('The subscription, as stored and as it counts.');

export const incrementBody = z.object({ amount: z.int().min(1).max(10_000).default(1) }).nullish();

export const usageAnswer = z
  .object({
    api_calls_used: used,
    api_calls_limit: limit,
    remaining: z.int().nullable().describe('Never below 0; null: no limit'),
    api_calls_reset_date: day,
  })
  .describe('The count of today.');

const cost = z
  .union([z.string().max(1_100), z.number()])
  .transform((value) => readUsdAmount(String(value)))
  .refine((amount) => amount !== undefined)
  .transform((amount) => amount ?? '')
  .describe(
    'USD, from 0 to below a billion: a JSON number, or one as text such as "0.0042" or "7.5e-05". Kept exactly',
  );

const eventFields = {
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .describe('Your own name for it, 1 to 200 printable ASCII characters without spaces: never recorded twice'),
  user: userName,
  provider: z.string().max(100),
  tokens_used: z.int().min(0).max(1_000_000_000),
  cost_usd: cost,
  occurred_at: z.iso.datetime({ offset: true }).optional().describe('Left out: now'),
};
export const usageEvent = z.object(eventFields);

/** Field → what its event is rejected for. */
export const FIELD_PROBLEMS: Readonly<Record<keyof typeof eventFields, EventProblem>> = {
  id: 'invalid_id',
  user: 'invalid_user',
  provider: 'invalid_provider',
  tokens_used: 'invalid_tokens',
  cost_usd: 'invalid_cost',
  occurred_at: 'invalid_time',
};

export const batchBody = z.object({
  events: z
    .array(z.union([usageEvent, z.unknown().describe('Anything else is rejected by itself')]))
    .min(1)
    .max(500),
});
export const batchHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without spaces')
    .optional()
    .describe('A batch with the same key is recorded once. Kept for 7 days'),
});

export const batchAnswer = z
  .object({
    recorded: z.int(),
    duplicates: z.int(),
    rejected: z.int(),
    results: z.array(
      z.object({
        id: z.string().nullable(),
        status: z.enum(['recorded', 'duplicate', 'rejected']),
        reason: z.enum(EVENT_PROBLEMS).nullable().describe('Why it was rejected'),
      }),
    ),
  })
  .describe('What became of each event, in the order of the batch.');
