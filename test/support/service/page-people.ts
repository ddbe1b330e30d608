// A hundred and twenty people for the page's world, always the same ones, half of them with keys.
import { createHash } from 'node:crypto';
import { createPostgresKeyProjection } from '../../../src/adoption/postgres-key-projection.ts';
import { keyPlace } from '../../../src/crypto/key-place.ts';
import { PROVIDERS } from '../../../src/providers/provider-table.ts';
import { attributeName } from '../../../src/users/key-record.ts';
import type { RunningService } from './running-service.ts';

const DAY_MS = 86_400_000;
const FIRST_NAMES = [
  'Ada',
  'Amir',
  'Bea',
  'Chen',
  'Clara',
  'Daniel',
  'Elif',
  'Emeka',
  'Farah',
  'Grace',
  'Hugo',
  'Ines',
];
const LAST_NAMES = ['Albers', 'Brandt', 'Costa', 'Dvorak', 'Eriksen', 'Fontaine', 'Gupta', 'Haddad', 'Ito', 'Jansen'];
const TIERS = ['starter', 'starter', 'professional', 'starter', 'trial', 'professional', 'enterprise', 'starter'];
/** Nobody is on trial who has keys. Which providers, and how the last test went. */
const KEYS = [
  ['openai:valid:ok', 'anthropic:valid:ok'],
  ['openai:valid:ok'],
  ['anthropic:valid:ok', 'groq:valid:ok'],
  ['openai:invalid:bad_key'],
  ['openai:valid:ok', 'perplexity:valid:quota'],
  ['huggingface:valid:restricted'],
  ['openai:valid:ok', 'together:valid:ok', 'cohere:'],
  ['anthropic:error:timeout'],
  ['openai:valid:ok', 'anthropic:valid:ok', 'custom:unknown:cannot_verify'],
] as const;

export const PEOPLE = FIRST_NAMES.length * LAST_NAMES.length;
/** The one who may not sign in any more. */
export const DISABLED = 'hugo.fontaine@example.com';

/** Rows as the service itself would write them: it opens these keys, counts them and finds their owners. */
export async function fillPeople({ core: { database, vault } }: RunningService): Promise<void> {
  const projection = createPostgresKeyProjection(database.db);
  const people = LAST_NAMES.flatMap((last, row) =>
    FIRST_NAMES.map((first, column) => personOf(first, last, row, column)),
  );
  const rows = people.map(({ keys, tier, ...person }) => {
    const attributes = keys.flatMap(({ provider, test, reason, days }) => {
      const endpoint = provider === 'custom' ? 'https://llm.example.com/v1' : undefined;
      const secret = `${PROVIDERS.get(provider)?.prefix ?? ''}${createHash('sha256').update(person.id).digest('hex')}`;
      const { token, binding } = vault.seal(keyPlace({ kind: 'user', id: person.id }, { provider, endpoint }), secret);
      const added = new Date(Date.now() - days * DAY_MS).toISOString();
      const fields = {
        ...{ key: token, binding, added_date: added, endpoint },
        ...(test ? { last_tested: added, test_status: test, test_reason: reason } : {}),
      };
      return Object.entries(fields).flatMap(([field, value]) =>
        value === undefined ? [] : [[attributeName(provider, field as 'key'), [value]] as const],
      );
    });
    const tiers = { subscription_tier: [tier], subscription_status: ['active'] };
    return { ...person, attributes: JSON.stringify({ ...tiers, ...Object.fromEntries(attributes) }) };
  });
  await database.db.insertInto('embedded_users').values(rows).execute();
  for (const { id, keys } of people)
    if (keys.length > 0)
      await projection.replace(
        id,
        keys.map(({ provider, test }) => ({ provider, enabled: true, testStatus: test || undefined })),
      );
}

function personOf(first: string, last: string, row: number, column: number) {
  const number = row * FIRST_NAMES.length + column;
  const tier = TIERS[(number * 5 + row) % TIERS.length] ?? 'starter';
  const username = `${first}.${last}`.toLowerCase();
  const email = `${username}@example.com`;
  const keys = tier === 'trial' || (number + row) % 5 > 2 ? [] : (KEYS[(number * 7 + row) % KEYS.length] ?? []);
  return {
    id: idOf(email),
    username,
    email,
    first_name: first,
    last_name: last,
    enabled: email !== DISABLED,
    tier,
    keys: keys.map((key, index) => {
      const [provider = '', test, reason] = key.split(':');
      return { provider, test, reason, days: ((number * 13 + index * 5) % 85) + 1 };
    }),
  };
}

/** As a UUID, the same for the same address. */
function idOf(email: string): string {
  const hex = createHash('sha256').update(email).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
