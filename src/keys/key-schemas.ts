// The shapes of the key API, as zod schemas: they validate, serialise and document.
import { z } from 'zod';
import { PROVIDERS } from '../providers/provider-table.ts';
import { ERRORS } from '../shared/errors.ts';

/** What the descriptions of all calls of people about their keys share. */
export const KEY_CALL = { tags: ['keys'], security: [{ session: [] }, { bearer: [] }] };

// A name that is no provider's has an answer of its own (400), other than what is no string at all (422).
/** Says that a field is missing rather than of the wrong type. */
const text = ({ input }: { input?: unknown }): string => (input === undefined ? 'is missing' : 'must be a string');

export const providerId = z
  .string({ error: text })
  .refine((id) => PROVIDERS.has(id), ERRORS.invalid_provider.detail)
  .describe('Provider id')
  .meta({ enum: [...PROVIDERS.keys()], examples: ['openai'] });
export const providerParams = z.object({ provider: providerId });

// What a key may look like depends on the provider, and what is wrong with it deserves a sentence: key-input.ts.
const key = z
  .string({ error: text })
  .min(1, 'is empty')
  .max(4096, 'must have at most 4096 characters')
  .describe(
    'The API key alone: printable ASCII without spaces, 10 characters or more (for `custom` one or more). It is encrypted at once and never shown again.',
  )
  .meta({ pattern: '^[\\x21-\\x7e]+$', examples: ['sk-0123456789abcdef0123'] });

const label = z
  .string({ error: text })
  .max(100, 'must have at most 100 characters')
  .regex(/^[\x20-\x7e\u00a0-\uffff]*$/, 'must not contain control characters')
  .refine((text) => text.isWellFormed(), 'must be valid Unicode')
  .describe('A name for the key, for yourself.')
  .meta({ examples: ['Production key'] });

const endpoint = z
  .string({ error: text })
  .max(2048, 'must have at most 2048 characters')
  .describe('Base URL of an OpenAI-compatible API, https only and public. Needed for `custom`.')
  .meta({ examples: ['https://llm.example.com/v1'] });

const objectBody = { error: 'The body must be a JSON object.' };

export const addBody = z
  .object({ provider: providerId, key, label: label.nullish(), endpoint: endpoint.nullish() }, objectBody)
  .meta({ examples: [{ provider: 'openai', key: 'sk-0123456789abcdef0123', label: 'Production key' }] });
export const testBody = z
  .object(
    {
      key: key.optional(),
      endpoint: endpoint.nullish(),
      send_anyway: z
        .boolean({ error: 'must be true or false' })
        .optional()
        .describe(
          'Ask this provider although the key begins as another provider’s. Without it such a key is not sent.',
        ),
    },
    objectBody,
  )
  .refine(({ key, send_anyway: anyway }) => key !== undefined || anyway === true, {
    path: ['key'],
    error: 'is missing',
  })
  .refine(({ key, endpoint }) => key !== undefined || !endpoint, {
    path: ['endpoint'],
    error: 'is tested together with a key only',
  })
  .meta({ anyOf: [{ required: ['key'] }, { required: ['send_anyway'] }], dependentRequired: { endpoint: ['key'] } });
export const patchBody = z
  .object(
    {
      label: label.optional(),
      enabled: z.boolean({ error: 'must be true or false' }).optional(),
      key: key.optional(),
      endpoint: endpoint.nullish(),
    },
    objectBody,
  )
  .refine(
    (body) => Object.values(body).some((value) => value !== undefined),
    'Send at least one of label, enabled, key.',
  )
  // The same for readers of the description, and that an endpoint comes with its key.
  .meta({
    anyOf: [{ required: ['label'] }, { required: ['enabled'] }, { required: ['key'] }],
    dependentRequired: { endpoint: ['key'] },
  });

const when = z.iso.datetime({ offset: true }).nullable();
const testStatus = z
  .string()
  .nullable()
  .describe('Of the last test: `valid`, `invalid`, `error`, `unknown`, or null where it was never tested.');

const earlierTest = z
  .object({ status: z.enum(['valid', 'invalid']), reason: z.string().nullable(), tested_at: when })
  .optional()
  .describe('Beside `unknown` and `error`, where there was one: the last test that could say whether the key works.');

/** Read by the collector of the OpenAPI description, which makes them headers of the answer. */
const staleHeaders = {
  'x-byok-stale': {
    type: 'string',
    enum: ['true'],
    description: 'There where Keycloak cannot be reached and the answer is older than it should be.',
  },
  age: { type: 'string', description: 'Then also: age of the answer in seconds (RFC 9111).' },
};

export const providersAnswer = z
  .array(
    z.object({
      id: z.string(),
      name: z.string(),
      key_format: z.string().nullable().describe('The usual beginning of a key.'),
      configured: z.boolean().describe('Whether you have a key for it.'),
      key_url: z.string().nullable().describe('Where to get a key.'),
      accepts_endpoint: z.boolean(),
    }),
  )
  .describe('Every provider.')
  .meta({ headers: staleHeaders });

export const keyState = z.enum(['usable', 'unbound', 'undecryptable', 'unknown_key']);

export const keyAnswer = z
  .object({
    provider: z.string(),
    provider_name: z.string(),
    key_preview: z
      .string()
      .describe(
        'Masked key; `***error***` where it cannot be decrypted, `***unbound***` where it is not known to be yours, `***unavailable***` where another replica may be able to read it.',
      ),
    label: z.string(),
    added_date: when,
    last_tested: when,
    test_status: testStatus,
    test_reason: z.string().nullable(),
    earlier_test: earlierTest,
    endpoint: z.string().nullable(),
    enabled: z.boolean(),
    state: keyState,
  })
  .meta({ id: 'Key' });

export const changeAnswer = keyAnswer
  .extend({
    warnings: z
      .array(z.string())
      .optional()
      .describe('With a new key, where there are some: sentences for the person.'),
  })
  .meta({ id: 'ChangedKey' })
  .describe('The key as it is now.');

export const keysAnswer = z.array(keyAnswer).describe('The stored keys, masked.').meta({ headers: staleHeaders });

export const addAnswer = z
  .object({
    message: z.string(),
    provider: z.string(),
    provider_name: z.string(),
    key_preview: z.string(),
    warnings: z
      .array(z.string())
      .describe('Sentences for the person, such as: this looks like a key for someone else.'),
  })
  .describe('Stored.');

export const removeAnswer = z
  .object({
    message: z.string(),
    provider: z.string(),
    removed: z.boolean().describe('False where nothing was stored, so that a retry is safe.'),
  })
  .describe('No key is stored for this provider any more.');

export const testAnswer = z
  .object({
    provider: z.string(),
    provider_name: z.string(),
    success: z.boolean().describe('Whether the status is `valid`.'),
    status: z.enum(['valid', 'invalid', 'error', 'unknown']),
    message: z.string(),
    details: z.object({
      status_code: z.int().nullable().describe('HTTP status of the provider’s answer.'),
      reason: z.string().describe('Stable word for programs.'),
    }),
    earlier_test: earlierTest,
  })
  .describe('What the provider said of the key.');

export const statsAnswer = z
  .object({
    total_providers: z.int(),
    configured_providers: z.int(),
    tested_providers: z.int(),
    valid_providers: z.int(),
    user_tier: z.string(),
  })
  .describe('How many keys there are, and your tier.')
  .meta({ headers: staleHeaders });
