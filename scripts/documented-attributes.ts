// What the documentation says of each Keycloak attribute; names and lengths come from the code.
import { FIELDS } from '../src/users/key-record.ts';
import { REALM_ATTRIBUTES } from '../src/users/realm-attributes.ts';

type Field = (typeof FIELDS)[number];

interface About {
  readonly holds: string;
  readonly example: string;
  readonly writtenBy: string;
}

const ADD = 'adding or replacing the key';
const BILLING = 'billing; services that may set tiers';
const CALLS = 'the platform; with `USAGE_MIRROR` once a day from here';
const USAGE = 'the platform; not touched here';

const KEY_FIELDS: Readonly<Record<Field, About>> = {
  key: {
    holds: 'the key as a Fernet token: URL-safe base64 with padding, over the bare key',
    example: 'gAAAAABm…',
    writtenBy: ADD,
  },
  label: { holds: 'its name, at most 100 characters', example: 'Production', writtenBy: `${ADD}; changing its name` },
  added_date: {
    holds: 'RFC 3339 in UTC; the old service wrote no zone, which is read as UTC',
    example: '2026-11-22T14:13:00.009Z',
    writtenBy: ADD,
  },
  last_tested: { holds: 'the same; absent until tested', example: '2026-11-22T14:13:00.458Z', writtenBy: 'testing' },
  test_status: { holds: '`valid`, `invalid`, `error` or `unknown`', example: 'valid', writtenBy: 'testing' },
  test_reason: {
    holds: 'the reason, see the guide; after `unknown` and `error` also what was known before',
    example: 'timeout; before: valid ok 2026-11-22T14:13:00.458Z',
    writtenBy: 'testing',
  },
  endpoint: {
    holds: 'where the key may be sent; absent: the provider’s own address',
    example: 'https://llm.example.com/v1',
    writtenBy: ADD,
  },
  binding: {
    holds: 'MAC over user id, provider, endpoint and token: base64url, 43 characters',
    example: 'xK3vT0…',
    writtenBy: `${ADD}; \`byok adopt\``,
  },
  enabled: { holds: '`false` where the key is turned off; else absent', example: 'false', writtenBy: 'turning it off' },
  version: { holds: 'how many keys there have been, this one included; absent: 1', example: '2', writtenBy: ADD },
};

const SUBSCRIPTION: Readonly<Record<string, About>> = {
  subscription_tier: { holds: 'name of the tier; none counts as `trial`', example: 'starter', writtenBy: BILLING },
  subscription_status: {
    holds: '`active`, `trialing` or none count; anything else ranks as `trial`',
    example: 'active',
    writtenBy: BILLING,
  },
  api_calls_used: { holds: 'a number', example: '120', writtenBy: CALLS },
  api_calls_limit: { holds: 'calls a day; only read here', example: '10000', writtenBy: 'the platform' },
  api_calls_reset_date: { holds: 'the day that is counted, in UTC', example: '2026-12-01', writtenBy: CALLS },
  stripe_customer_id: { holds: 'the customer at Stripe', example: 'cus_…', writtenBy: USAGE },
  subscription_start_date: { holds: 'a date', example: '2026-01-01', writtenBy: USAGE },
  subscription_end_date: { holds: 'a date', example: '2026-12-31', writtenBy: USAGE },
};

/** Rows of a table: name, content, longest value, example, writer. @throws Error for an attribute without a description. */
export function attributeRows(): string[][] {
  const keyRows = FIELDS.map((field) => row(`byok_{provider}_${field}`, `byok_openai_${field}`, KEY_FIELDS[field]));
  const others = [...REALM_ATTRIBUTES.values()].filter(({ owner }) => owner === 'subscription');
  return [...keyRows, ...others.map(({ name }) => row(name, name, SUBSCRIPTION[name]))];
}

function row(shown: string, name: string, about: About | undefined): string[] {
  const attribute = REALM_ATTRIBUTES.get(name);
  if (about === undefined || attribute === undefined) throw new Error(`${name} is not described`);
  return [`\`${shown}\``, about.holds, String(attribute.maxLength), `\`${about.example}\``, about.writtenBy];
}
