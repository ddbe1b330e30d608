// What services send and get when they ask for a key.
import { z } from 'zod';
import { provider, userName } from '../services/service-schemas.ts';
import { NO_KEY_REASONS } from './released-key.ts';

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
    user_id: z.string().nullable().describe('The user’s id; null where Keycloak is out of reach and nobody can say'),
    endpoint_checked: z
      .boolean()
      .nullable()
      .describe(
        'True: at most ten minutes ago the host of the endpoint led to permitted addresses only. False: it did not, or could not be looked up. Null: there is no endpoint. Check again when you connect',
      ),
    is_byok: z.boolean().describe('Whether it is the user’s own key'),
    source: z.enum(['user', 'system']),
    reason: z.enum(NO_KEY_REASONS).nullable().describe('With a system key: why the user’s own was not used'),
    version: z.int().nullable().describe('Of the user’s key; null for a system key'),
    max_age_seconds: z
      .int()
      .describe(
        'How long the key may be kept, 0: ask again next time. At most 300; asked by email, at most 60, and 5 where the address is not verified',
      ),
    stale: z.boolean().describe('From a record that could not be refreshed, because Keycloak is out of reach'),
  })
  .describe('The key, in plain text.');
