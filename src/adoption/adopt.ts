// Binds the keys that the old service wrote to the users who have them: once, at cut-over.
import { keyPlace } from '../crypto/key-place.ts';
import type { KeyVault } from '../crypto/key-vault.ts';
import { PROVIDERS } from '../providers/provider-table.ts';
import { attributeName, readKeyRecord } from '../users/key-record.ts';
import type { AttributeChanges, DirectoryUser, UserDirectory, UserSection } from '../users/user-directory.ts';

export interface AdoptSummary {
  users: number;
  /** Keys bound now (or that would be, on a dry run). */
  bound: number;
  /** Keys that were bound already. */
  alreadyBound: number;
  /** Keys that none of the master keys decrypts, or with several values: `user id/provider`. They stay as they are. */
  unreadable: string[];
  /** Keys whose binding does not match: moved or tampered with. Never bound again. */
  wrongBinding: string[];
}

interface AdoptOptions {
  directory: Pick<UserDirectory, 'listUsers' | 'openSection'>;
  vault: KeyVault;
  /** Writes in the section so that running services hear of it. */
  write: (section: UserSection, changes: AttributeChanges) => Promise<unknown>;
  dryRun: boolean;
  /** Called after each user. */
  onProgress?: (summary: Readonly<AdoptSummary>) => void;
}

/**
 * Idempotent, and safe to stop at any point: a rerun goes on with what is left.
 * @throws ByokError when the directory, or the running services over Redis, cannot be reached.
 */
export async function adoptKeys(options: AdoptOptions): Promise<AdoptSummary> {
  const { directory, vault, dryRun, onProgress } = options;
  const summary: AdoptSummary = { users: 0, bound: 0, alreadyBound: 0, unreadable: [], wrongBinding: [] };
  for await (const listed of directory.listUsers()) {
    summary.users += 1;
    if (bindings(listed, vault).size > 0) {
      if (dryRun) tally(listed, vault, summary);
      else await bindUser(options, listed.id, summary);
    } else tally(listed, vault, summary);
    onProgress?.(summary);
  }
  return summary;
}

async function bindUser(
  { directory, vault, write }: AdoptOptions,
  userId: string,
  summary: AdoptSummary,
): Promise<void> {
  using section = await directory.openSection(userId);
  if (section === undefined) return;
  // Decided upon what the section has read: the listing may be older than the last write.
  const changes = bindings(section.user, vault);
  tally(section.user, vault, summary);
  if (changes.size > 0) await write(section, changes);
}

function bindings(user: DirectoryUser, vault: KeyVault): Map<string, string> {
  const changes = new Map<string, string>();
  for (const provider of PROVIDERS.values()) {
    const record = readKeyRecord(user.attributes, provider);
    if (record === undefined || record.binding !== undefined) continue;
    const binding = vault.bind(keyPlace({ kind: 'user', id: user.id }, record), record.token);
    if (binding !== undefined) changes.set(attributeName(provider.id, 'binding'), binding);
  }
  return changes;
}

function tally(user: DirectoryUser, vault: KeyVault, summary: AdoptSummary): void {
  for (const provider of PROVIDERS.values()) {
    const record = readKeyRecord(user.attributes, provider);
    if (record === undefined) continue;
    const { state } = vault.open(keyPlace({ kind: 'user', id: user.id }, record), record);
    if (state === 'undecryptable' || state === 'unknown_key') summary.unreadable.push(`${user.id}/${provider.id}`);
    else if (record.binding === undefined) summary.bound += 1;
    else if (state === 'unbound') summary.wrongBinding.push(`${user.id}/${provider.id}`);
    else summary.alreadyBound += 1;
  }
}
