// Variables of who may do how much: tiers, sessions, limits.
import { z } from 'zod';
import { flag, integer, linkUrl, type Variables } from './variable-schemas.ts';

export const TIER_VARIABLES = {
  BYOK_MINIMUM_TIER: { schema: z.string().min(1), doc: 'Lowest tier that may store keys.', fallback: 'starter' },
  BYOK_TIER_RANKS: {
    schema: z
      .string()
      .transform((value) => value.split(',').map((part) => /^\s*([a-z0-9_-]+)\s*=\s*(\d{1,3})\s*$/.exec(part)))
      .refine((parts) => parts.every((part) => part !== null), 'must look like trial=0,starter=2')
      .transform((parts) => parts.map((part) => [part?.[1] ?? '', Number(part?.[2])] as const))
      .refine((ranks) => new Map(ranks).size === ranks.length, 'must name each tier once')
      .transform((ranks) => Object.fromEntries(ranks)),
    doc: 'Ranks of the tiers; a higher number includes the lower ones. Tiers not listed rank lowest.',
    fallback: 'trial=0,free=1,starter=2,byok=2,professional=3,managed=3,founder_friend=3,vip_founder=3,enterprise=4',
  },
  UPGRADE_URL: {
    schema: linkUrl('https://ops.example.com/subscription'),
    doc: 'Where people change their subscription: shown to those whose tier does not include storing keys.',
  },
} as const satisfies Variables;

export const SESSION_VARIABLES = {
  SESSION_IDLE_SECONDS: {
    schema: integer(60, 86_400),
    doc: 'A session ends after this long without use.',
    fallback: '7200',
  },
  SESSION_MAX_SECONDS: {
    schema: integer(60, 604_800),
    doc: 'A session ends after this long in any case.',
    fallback: '43200',
  },
  PLATFORM_SESSIONS: {
    schema: flag,
    doc: '`false` where nobody comes with a session of the ops-center back end: its sessions, whose cookies every host of the domain can set, then count for nothing. Without REDIS_URL they never count.',
    fallback: 'true',
  },
} as const satisfies Variables;

export const RATE_VARIABLES = {
  RATE_LIMIT_PER_MINUTE: { schema: integer(1, 1_000_000), doc: 'Requests a minute for one user.', fallback: '120' },
  RATE_LIMIT_ADDRESS_PER_MINUTE: {
    schema: integer(1, 1_000_000),
    doc: 'Requests a minute from one address.',
    fallback: '600',
  },
  RATE_LIMIT_WRITE_PER_MINUTE: {
    schema: integer(1, 1_000_000),
    doc: 'Adds, and separately tests, a minute for one user.',
    fallback: '20',
  },
  RATE_LIMIT_INTERNAL_PER_MINUTE: {
    schema: integer(1, 1_000_000),
    doc: 'Requests a minute for one internal service.',
    fallback: '6000',
  },
  USAGE_MIRROR: {
    schema: flag,
    doc: '`true` copies the counted calls of each user to the Keycloak attributes once a day. Each copy is a full write of the user.',
    fallback: 'false',
  },
} as const satisfies Variables;
