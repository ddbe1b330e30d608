// What the service knows of a user between two reads of the directory: no plain key in it, previews made once.
import { keyPlace } from '../crypto/key-place.ts';
import type { KeyVault, OpenedKey } from '../crypto/key-vault.ts';
import { PROVIDERS, type Provider } from '../providers/provider-table.ts';
import { previewKey } from './key-preview.ts';
import { type KeyRecord, readKeyRecord } from './key-record.ts';
import type { Tiers } from './tiers.ts';
import type { DirectoryUser } from './user-directory.ts';

export interface KeyView extends KeyRecord {
  readonly state: OpenedKey['state'];
  /** Masked key, or `***error***`, `***unbound***` or `***unavailable***` where nothing of it may be shown. */
  readonly preview: string;
}

export interface ApiCalls {
  readonly used: number;
  /** Calls a day; undefined: no limit. */
  readonly limit: number | undefined;
  /** The day that `used` is about, as `2026-11-22`. */
  readonly day: string | undefined;
}

export interface UserView {
  readonly id: string;
  readonly email: string | undefined;
  readonly emailVerified: boolean;
  readonly name: string | undefined;
  readonly tier: string;
  readonly enabled: boolean;
  /** What the attributes say of calls made; counting is done elsewhere (`UsageService`). */
  readonly apiCalls: ApiCalls;
  /** In the order of the provider table. */
  readonly keys: readonly KeyView[];
}

export type ViewUser = (user: DirectoryUser) => UserView;

/** The keys of a user, in the order of the provider table. */
export const createViewKeys =
  (vault: Pick<KeyVault, 'open'>) =>
  (user: Pick<DirectoryUser, 'id' | 'attributes'>): KeyView[] =>
    [...PROVIDERS.values()].flatMap((provider) => {
      const record = readKeyRecord(user.attributes, provider);
      if (record === undefined) return [];
      const opened = vault.open(keyPlace({ kind: 'user', id: user.id }, record), record);
      return [{ ...record, state: opened.state, preview: preview(opened, provider) }];
    });

export function createViewUser({ vault, tiers }: { vault: KeyVault; tiers: Tiers }): ViewUser {
  const viewKeys = createViewKeys(vault);
  return (user) => ({
    id: user.id,
    email: user.email,
    emailVerified: user.emailVerified,
    name: nameOf(user),
    tier: tiers.tierOf(user),
    enabled: user.enabled,
    apiCalls: readApiCalls(user),
    keys: viewKeys(user),
  });
}

export const nameOf = ({ firstName, lastName }: Pick<DirectoryUser, 'firstName' | 'lastName'>): string | undefined =>
  [firstName, lastName].filter(Boolean).join(' ') || undefined;

/** Other programs write these: what is no number, or no single value, counts as absent. */
export function readApiCalls({ attributes }: Pick<DirectoryUser, 'attributes'>): ApiCalls {
  const one = (name: string): string => (attributes[name]?.length === 1 ? (attributes[name][0] ?? '') : '');
  const number = (name: string): number | undefined => (/^\d{1,15}$/.test(one(name)) ? Number(one(name)) : undefined);
  return {
    used: number('api_calls_used') ?? 0,
    limit: number('api_calls_limit'),
    day: /^\d{4}-\d{2}-\d{2}/.exec(one('api_calls_reset_date'))?.[0],
  };
}

const PREVIEWS = { unbound: '***unbound***', undecryptable: '***error***', unknown_key: '***unavailable***' } as const;
/** What is shown of keys that cannot be read. */
export const UNREADABLE: readonly string[] = Object.values(PREVIEWS);

function preview(opened: OpenedKey, provider: Provider): string {
  if (opened.state === 'usable') return previewKey(opened.key, provider.prefix);
  // A key without its binding may be somebody else's: not one character of it is shown.
  return PREVIEWS[opened.state];
}
