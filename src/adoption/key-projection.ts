// Who has which keys, without the keys: a copy in the database of what the directory holds, so that it can be counted.
import { PROVIDERS } from '../providers/provider-table.ts';
import type { Adoption } from '../shared/metrics.ts';
import { type KeyRecord, readKeyRecord } from '../users/key-record.ts';
import type { DirectoryUser } from '../users/user-directory.ts';

export interface ProjectedKey {
  readonly provider: string;
  readonly enabled: boolean;
  /** Result of the last test; undefined: never tested. */
  readonly testStatus: string | undefined;
}

/** One day's numbers. */
export interface AdoptionSnapshot extends Omit<Adoption, 'tests'> {
  /** `2026-11-22`, in UTC. */
  readonly day: string;
}

/** Every method throws ByokError `database_unavailable` when the database cannot answer. */
export interface KeyProjection {
  /** Makes these the user's keys; whatever else was known of them is removed. */
  replace(userId: string, keys: readonly ProjectedKey[]): Promise<void>;
  /** What is known of these users, in the order of providers' ids; those without keys are not in it. */
  keysOf(userIds: readonly string[]): Promise<ReadonlyMap<string, readonly ProjectedKey[]>>;
  /** Ids of all users of whom keys are known. */
  userIds(): AsyncIterable<string>;
  /** Counts what is known. */
  count(): Promise<Omit<Adoption, 'usersTotal'>>;
  /** Keeps the day's numbers, in place of those that are there already only with `overwrite`. @returns whether they were kept. */
  saveSnapshot(snapshot: AdoptionSnapshot, options?: { overwrite?: boolean }): Promise<boolean>;
  /** The latest `days` snapshots that there are, oldest first. */
  history(days: number): Promise<AdoptionSnapshot[]>;
}

/** What the projection should know of this user, in the order of providers' ids. */
export const projectUser = ({ attributes }: Pick<DirectoryUser, 'attributes'>): ProjectedKey[] =>
  projectKeys([...PROVIDERS.values()].flatMap((provider) => readKeyRecord(attributes, provider) ?? []));

export const projectKeys = (keys: readonly Pick<KeyRecord, 'provider' | 'enabled' | 'testStatus'>[]): ProjectedKey[] =>
  keys
    .map(({ provider, enabled, testStatus }) => ({ provider, enabled, testStatus }))
    .sort((a, b) => (a.provider < b.provider ? -1 : 1));

export const dayOf = (time: Date): string => time.toISOString().slice(0, 10);
