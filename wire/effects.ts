// What a request has left behind: rows of the audit log, and attributes of users.
import type { Database } from './database.ts';
import type { Normalise } from './normalise.ts';
import type { Json } from './recording.ts';
import { bindingOf, openToken } from './secrets.ts';
import type { StoredUser, UserStore } from './store.ts';

type Users = ReadonlyMap<string, StoredUser>;
type Fields = Readonly<Record<string, Json>>;

export interface Effects {
  /**
   * Since this was last asked. @param mayWrite false: users are not looked at, which takes time. What a reading has written
   * all the same is seen with the next request that may.
   */
  take(mayWrite: boolean): Promise<{ readonly audit: Json; readonly users: Json }>;
}

interface EffectsOptions {
  readonly database: Pick<Database, 'auditRows'>;
  readonly store: Pick<UserStore, 'users'>;
  readonly normalise: Normalise;
  /** As ENCRYPTION_KEY. */
  readonly encryptionKey: string;
}

export async function createEffects({ database, store, normalise, encryptionKey }: EffectsOptions): Promise<Effects> {
  let last = (await database.auditRows(0)).at(-1)?.seq ?? 0;
  let before = await store.users();
  return {
    async take(mayWrite) {
      const rows = await database.auditRows(last);
      last = rows.at(-1)?.seq ?? last;
      const audit = normalise(rows.map(({ row }) => showRow(row)));
      if (!mayWrite) return { audit, users: {} };
      const after = await store.users();
      const users = normalise(changedUsers(before, after, encryptionKey));
      before = after;
      return { audit, users };
    },
  };
}

/** An operator is whoever runs this. */
const showRow = (row: Fields): Fields => (row.actor_kind === 'operator' ? { ...row, service: '<operator>' } : row);

/** Who was changed → what they have now of what they had not, and null for what they have no more. */
export function changedUsers(before: Users, after: Users, encryptionKey: string): Fields {
  const changed: Record<string, Json> = {};
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [readable(id, before.get(id), encryptionKey), readable(id, after.get(id), encryptionKey)];
    const differing = [...new Set([...Object.keys(old), ...Object.keys(now)])]
      .filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
      .sort();
    if (differing.length > 0)
      changed[id] = Object.fromEntries(differing.map((name) => [name, now[name]?.shown ?? null]));
  }
  return changed;
}

interface Value {
  readonly raw: string;
  readonly shown: Json;
}

/** Tokens as what is in them, bindings as whether they hold. */
function readable(id: string, user: StoredUser | undefined, encryptionKey: string): Record<string, Value> {
  if (user === undefined) return {};
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(user.fields))
    values[`user.${name}`] = { raw: String(value), shown: value };
  for (const [name, list] of Object.entries(user.attributes)) {
    const [, provider = '', field = ''] = /^byok_([a-z]+)_(key|binding)$/.exec(name) ?? [];
    const shown = list.map((value) => {
      if (field === 'key') return showToken(encryptionKey, value);
      return field === 'binding' ? showBinding(encryptionKey, id, provider, user, value) : value;
    });
    values[name] = { raw: JSON.stringify(list), shown };
  }
  return values;
}

function showToken(encryptionKey: string, token: string): string {
  const key = openToken(encryptionKey, token);
  return key === undefined ? token : `<token of ${key}>`;
}

function showBinding(
  encryptionKey: string,
  userId: string,
  provider: string,
  user: StoredUser,
  binding: string,
): string {
  const [token = ''] = user.attributes[`byok_${provider}_key`] ?? [];
  const endpoint = user.attributes[`byok_${provider}_endpoint`]?.[0];
  return binding === bindingOf(encryptionKey, { userId, provider, endpoint }, token) ? '<binding that holds>' : binding;
}
