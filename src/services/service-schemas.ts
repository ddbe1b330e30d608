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
// Whatever a directory may have given: imported users and those of a federation have ids of their own. Which of them
// can be anybody's, the directory knows.
const userId = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be a user id');

export const emailParams = z.object({ email: email.describe('Percent-encoded, such as ada%40example.com') });

export const userName = z
  .union([z.strictObject({ email }), z.strictObject({ id: userId })], { error: 'must be {"email": …} or {"id": …}' })
  .describe('By Keycloak id, or by email');

export const provider = z.enum([...PROVIDERS.keys()] as [string, ...string[]], {
  error: ERRORS.invalid_provider.detail,
});
