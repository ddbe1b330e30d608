// How services name things, and how their calls are described.
import { z } from 'zod';
import { PROVIDERS } from '../providers/provider-table.ts';
import { ERRORS } from '../shared/errors.ts';

export const SERVICE_CALL = { tags: ['internal'], security: [{ service: [] }] };

const email = z
  .string()
  .max(320)
  .regex(/^[^\s@]+@[^\s@]+$/, 'must be an email address')
  .refine((text) => !/\p{Cc}/u.test(text), 'must be an email address');
// What a directory gives as an id: nothing that would lead to another address.
const userId = z.string().regex(/^[A-Za-z0-9@:._~+-]{1,255}$/, 'must be a user id');

export const emailParams = z.object({ email: email.describe('Percent-encoded, such as ada%40example.com') });

export const userName = z
  .union([z.strictObject({ email }), z.strictObject({ id: userId })], { error: 'must be {"email": …} or {"id": …}' })
  .describe('By Keycloak id, or by email');

export const provider = z.enum([...PROVIDERS.keys()] as [string, ...string[]], {
  error: ERRORS.invalid_provider.detail,
});
