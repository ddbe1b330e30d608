// The user attributes that this service and its neighbours keep. A realm has to declare each one by name: Keycloak's
// user profile knows no wildcards and drops, without a word, what it does not know.
import { PROVIDERS } from '../providers/provider-table.ts';
import { attributeName, FIELDS } from './key-record.ts';

export interface RealmAttribute {
  readonly name: string;
  /** Longest value in UTF-16 code units, which is how Keycloak counts (measured: an emoji counts as two). */
  readonly maxLength: number;
  /** `key`: ours alone. `subscription`: billing reads and writes it too. */
  readonly owner: 'key' | 'subscription';
}

const DEFAULT_MAX_LENGTH = 255;
// A key of 4,096 characters becomes a Fernet token of 5,560; labels are 100 characters of whatever script.
const KEY_FIELD_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['key', 8192],
  ['endpoint', 2048],
  ['label', 400],
]);

const SUBSCRIPTION_ATTRIBUTES = [
  'subscription_tier',
  'subscription_status',
  'api_calls_used',
  'api_calls_limit',
  'api_calls_reset_date',
  'stripe_customer_id',
  'subscription_start_date',
  'subscription_end_date',
];

/** Every attribute that the realm must declare, by name. Grows with the provider table. */
export const REALM_ATTRIBUTES: ReadonlyMap<string, RealmAttribute> = new Map(
  [
    ...[...PROVIDERS.keys()].flatMap((provider) =>
      FIELDS.map((field) => ({
        name: attributeName(provider, field),
        maxLength: KEY_FIELD_LENGTHS.get(field) ?? DEFAULT_MAX_LENGTH,
        owner: 'key' as const,
      })),
    ),
    ...SUBSCRIPTION_ATTRIBUTES.map((name) => ({
      name,
      maxLength: DEFAULT_MAX_LENGTH,
      owner: 'subscription' as const,
    })),
  ].map((attribute) => [attribute.name, attribute]),
);
