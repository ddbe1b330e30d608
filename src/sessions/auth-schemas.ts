// What the sign-in and session calls take and answer, and the type of the function that describes a user.
import { z } from 'zod';
import { returnPath } from '../http/return-path.ts';
import { DEMO_USERS } from '../users/demo-users.ts';

/** What a subscription has to be for storing keys. */
export interface Subscribing {
  /** The lowest tier. */
  readonly requiredTier: string;
  readonly mayStoreKeys: (tier: string) => boolean;
  /** Where people change their subscription. */
  readonly upgradeUrl: string | undefined;
}

const person = z.object({
  id: z.string(),
  email: z.string().nullable(),
  name: z.string().nullable(),
  tier: z.string(),
  roles: z.array(z.string()).describe('Roles at this service; empty for most people.'),
});

export const demoAnswer = person.describe('Signed in.');

export const meAnswer = person
  .extend({
    may_store_keys: z.boolean().describe('Whether the tier includes storing keys.'),
    required_tier: z.string().describe('The lowest tier that does.'),
    upgrade_url: z.string().nullable().describe('Where to change the subscription.'),
  })
  .describe('The signed-in person.');

export const sessionsAnswer = z
  .object({
    items: z.array(
      z.object({
        id: z.string(),
        created_at: z.iso.datetime(),
        last_seen_at: z.iso.datetime().describe('Exact to a minute.'),
        user_agent: z.string().nullable().describe('The browser that signed in, in its own words.'),
        current: z.boolean().describe('Whether this request was made with it.'),
      }),
    ),
    next_cursor: z.null(),
  })
  .describe('Your sessions, newest first.');

export const endedAnswer = z
  .object({ message: z.string(), ended: z.int().describe('How many sessions were ended.') })
  .describe('Ended.');

export const sessionParams = z.object({ id: z.string().max(64) });

export const logoutAnswer = z
  .object({
    message: z.string(),
    logout_url: z.string().nullable().describe('Send the browser here to sign out at the identity provider too.'),
  })
  .describe('Signed out here.');

export const loginQuery = z.object({
  return_to: returnPath.optional().describe('Where to go after signing in: a path on this host.'),
});

export const demoBody = z.object({
  email: z
    .string({ error: 'must be the address of a demo user' })
    .max(320)
    .meta({ enum: DEMO_USERS.map((user) => user.email) }),
  return_to: returnPath.optional(),
});

/** A refused sign-in comes back with `error` in place of `code`. */
export const callbackQuery = z.object({
  state: z.string().max(200).optional(),
  code: z.string().max(4000).optional(),
  error: z.string().max(200).optional(),
});

export const backchannelBody = z.object({ logout_token: z.string() });

/** Responses without a JSON body, for the description. */
export const redirectAnswer = z.null().describe('On to the next page.');
export const pageAnswer = { description: 'A page.', content: { 'text/html': { schema: z.string() } } };
