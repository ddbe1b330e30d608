// The shapes of the administrators' calls but for the audit log's, as zod schemas: they validate, serialise and document.
import { z } from 'zod';
import { keyState, providerId } from '../keys/key-schemas.ts';

const time = z.iso.datetime();
const count = z.int();
const share = z.number().nullable().describe('From 0 to 1; null where there is nothing to divide by.');

export const overviewQuery = z.object({
  days: z.coerce.number().int().min(1).max(366).default(90).describe('How far back the history goes, today included.'),
});

const day = z.object({
  day: z.iso.date().describe('In UTC.'),
  users_total: count.nullable(),
  users_with_keys: count,
  keys: z.record(z.string(), count).describe('Provider id to number of keys.'),
});

const adoption = z.object({
  users_total: count.nullable(),
  users_with_keys: count.nullable(),
  ratio: share,
  history: z
    .array(day)
    .nullable()
    .describe('Oldest first. Days on which nobody counted are missing; the last is today, counted now.'),
});

const keysOfProvider = z.object({ provider: z.string(), provider_name: z.string(), keys: count });

const tests = z
  .object({ valid: count, invalid: count, error: count, unknown: count, untested: count, success_rate: share })
  .describe('Stored keys by their last test.');

const requests = z
  .object({
    since: time,
    count,
    errors: count.describe('Answered with 5xx.'),
    error_rate: share,
    latency_ms: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }).nullable(),
  })
  .describe('Calls under /api/v1/byok that this replica has answered since it started.');

const cache = z
  .object({ hits: count, misses: count, hit_rate: share, users: count.describe('In memory now.') })
  .describe('Of this replica.');

const there = z.enum(['ok', 'unavailable']);
const system = z.object({
  version: z.string(),
  started_at: time,
  directory: z.enum(['ok', 'waiting', 'stopping']).describe('Whether changes are taken.'),
  keycloak: z.enum([...there.options, 'embedded']),
  breaker: z.enum(['closed', 'half_open', 'open']).nullable(),
  redis: z.enum([...there.options, 'not_configured']),
  database: there,
  replicas: count.nullable().describe('Seen in the last half minute; null in the embedded default.'),
  audit: z.object({
    lag_seconds: z.number().describe('Age of the oldest event that is not on disk.'),
    rows: count.nullable(),
    head: z
      .object({ seq: count, head: z.string().describe('As in an anchor.'), at: time })
      .nullable()
      .describe('The last row.'),
  }),
  master_key: z
    .object({ id: z.string(), others: count.describe('Older ones that still decrypt.') })
    .describe('The encryption key in use, by a short name that tells nothing of it.'),
});

export const overviewAnswer = z
  .object({
    adoption,
    keys: z.array(keysOfProvider).nullable().describe('Every provider.'),
    tests: tests.nullable(),
    requests,
    cache,
    system,
  })
  .describe('The numbers of the service. What cannot be known at present is null.');

/** Whatever looks like one is one. */
const cursor = z
  .string()
  .regex(/^[0-9a-z]{1,5}$/, 'must be the next_cursor of a page')
  .describe('`next_cursor` of the page before.');

export const usersQuery = z.object({
  query: z
    .string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be a string') })
    .trim()
    .min(1, 'must not be empty')
    .max(320, 'must have at most 320 characters')
    .regex(/^[\x20-\x7e\u00a0-\uffff]*$/, 'must not contain control characters')
    .refine((text) => text.isWellFormed(), 'must be valid Unicode')
    .describe('Parts of an email address, a username or a name, every word of which must occur; or an id.')
    .meta({ examples: ['ada'] }),
  limit: z.coerce.number().int().min(1).max(50).default(20),
  cursor: cursor.optional(),
});

const person = z.object({
  id: z.string().describe('Keycloak id.'),
  email: z.string().nullable(),
  name: z.string().nullable(),
  enabled: z.boolean(),
  tier: z.string(),
});

export const usersAnswer = z
  .object({
    items: z.array(person.extend({ keys: count.describe('How many keys they have.') })),
    next_cursor: z.string().nullable(),
  })
  .describe('Who was found.');

const userId = z
  .string()
  .min(1)
  .max(255, 'must have at most 255 characters')
  .regex(/^[\x20-\x7e\u00a0-\uffff]*$/, 'must not contain control characters')
  .refine((text) => text.isWellFormed(), 'must be valid Unicode')
  .describe('Keycloak id of the person.');
export const userParams = z.object({ id: userId });
export const userKeyParams = z.object({ id: userId, provider: providerId });

const nullableTime = z.iso.datetime({ offset: true }).nullable();
const administeredKey = z.object({
  provider: z.string(),
  provider_name: z.string(),
  added_date: nullableTime,
  last_tested: nullableTime,
  test_status: z.string().nullable(),
  test_reason: z.string().nullable(),
  enabled: z.boolean(),
  state: keyState,
  last_used_at: time.nullable().describe('When a service last got it.'),
  last_used_by: z.string().nullable().describe('Name of that service.'),
});

export const userKeysAnswer = z
  .object({ user: person, items: z.array(administeredKey), next_cursor: z.null() })
  .describe('The person, and which keys they have; nothing of the keys themselves.');

export const revokeBody = z.object({}, { error: 'The body must be a JSON object.' }).nullish();

export const offsetOf = (cursor: string): number => Number.parseInt(cursor, 36);
export const cursorAt = (offset: number): string => offset.toString(36);
