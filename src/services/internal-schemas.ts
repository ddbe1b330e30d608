// What internal services send and get.
import { z } from 'zod';
import { PROVIDERS } from '../providers/provider-table.ts';
import { NO_KEY_REASONS } from '../release/released-key.ts';
import { ERRORS } from '../shared/errors.ts';

const email = z
  .string()
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/, 'must be an email address')
  .refine((text) => !/\p{Cc}/u.test(text), 'must be an email address');
// What a directory gives as an id: nothing that would lead to another address.
const userId = z.string().regex(/^[A-Za-z0-9@:._~+-]{1,255}$/, 'must be a user id');

export const emailParams = z.object({ email: email.describe('Percent-encoded, such as ada%40example.com') });

const userName = z
  .union([z.strictObject({ email }), z.strictObject({ id: userId })], { error: 'must be {"email": …} or {"id": …}' })
  .describe('By Keycloak id, or by email');

const provider = z.enum([...PROVIDERS.keys()] as [string, ...string[]], { error: ERRORS.invalid_provider.detail });

export const resolveBody = z
  .object({
    user: userName,
    provider: provider.optional().describe('This provider and no other'),
    preferred: provider
      .optional()
      .describe('This provider’s key, else one for openai, anthropic, together, groq, in that order'),
    system_fallback: z
      .boolean()
      .default(false)
      .describe('Accept the platform’s own key where the user’s cannot be used'),
  })
  .refine((body) => (body.provider === undefined) !== (body.preferred === undefined), {
    error: 'name either provider or preferred',
    path: ['provider'],
  });

export const resolveAnswer = z
  .object({
    api_key: z.string(),
    provider: z.string(),
    endpoint: z.string().nullable().describe('Where the key may be sent; null: the provider’s own address'),
    is_byok: z.boolean().describe('Whether it is the user’s own key'),
    source: z.enum(['user', 'system']),
    reason: z.enum(NO_KEY_REASONS).nullable().describe('With a system key: why the user’s own was not used'),
    version: z.int().nullable().describe('Of the user’s key; null for a system key'),
    max_age_seconds: z.int().describe('How long the key may be kept; 0: ask again next time'),
    stale: z.boolean().describe('From a record that could not be refreshed, because Keycloak is out of reach'),
  })
  .describe('The key, in plain text.');

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

const COST = 'must be an amount in USD, such as "0.0042"';
const cost = z
  .union([z.string().regex(/^\d{1,9}(?:\.\d{1,18})?$/, COST), z.number().min(0).max(999_999_999)], { error: COST })
  .describe('Decimal number as text, which is kept exactly, or a number');

const event = z.object({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without spaces')
    .optional()
    .describe('Your own name for it: never recorded twice'),
  user: userName,
  provider: z.string().max(100),
  tokens_used: z.int().min(0).max(1_000_000_000),
  cost_usd: cost,
  occurred_at: z.iso.datetime({ offset: true }).optional().describe('Left out: now'),
});

export const batchBody = z.object({ events: z.array(event).min(1).max(500) });
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
        reason: z.enum(['user_not_found', 'invalid_provider', 'scope_required']).nullable(),
      }),
    ),
  })
  .describe('What became of each event, in the order of the batch.');
