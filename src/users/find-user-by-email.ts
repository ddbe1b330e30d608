// Which user an email address belongs to. A change of addresses in Keycloak is not announced, so the answer is remembered for a
// minute, and for five seconds where nobody has shown that the address is theirs.
import { LRUCache } from 'lru-cache';
import { addressKey, isSameAddress } from '../shared/email-address.ts';
import { ByokError } from '../shared/errors.ts';
import type { CachedUser, UserCache } from './user-cache.ts';
import { isDirectoryAway, type UserDirectory } from './user-directory.ts';

interface FindUserByEmailOptions {
  readonly directory: Pick<UserDirectory, 'findByEmail'>;
  readonly cache: Pick<UserCache, 'find' | 'beginReading'>;
  readonly maxUsers: number;
  /** Refuse addresses that nobody has verified. */
  readonly requireVerified: boolean;
}

export interface AddressOwner extends CachedUser {
  /** How much longer the address may be taken for theirs, in milliseconds. */
  readonly addressMs: number;
}

/**
 * The user with exactly this address, letter case ignored; undefined: nobody.
 * @throws ByokError `directory_unavailable` where nobody can say; `email_ambiguous` where several accounts have it;
 *   `email_unverified` where it would have to be verified.
 */
export type FindUserByEmail = (email: string) => Promise<AddressOwner | undefined>;

/** As the directory answered it, and when it was asked, in the time of `performance.now()`. */
interface Entry {
  readonly id: string;
  readonly at: number;
}

const VERIFIED_MS = 60_000;
const UNVERIFIED_MS = 5_000;

export function createFindUserByEmail(options: FindUserByEmailOptions): FindUserByEmail {
  const { directory, cache, maxUsers, requireVerified } = options;
  const known = new LRUCache<string, Entry>({ max: maxUsers });
  const searches = new Map<string, Promise<Entry | undefined>>();

  /** One search for all who ask at once. What it finds goes into the cache too, so that id and record are of one moment. */
  const search = (address: string, email: string): Promise<Entry | undefined> => {
    const running = searches.get(address);
    if (running !== undefined) return running;
    const at = performance.now();
    const keep = cache.beginReading();
    const started = directory
      .findByEmail(email)
      .then((user) => {
        if (user === undefined) {
          known.delete(address);
          return undefined;
        }
        keep(user);
        known.set(address, { id: user.id, at });
        return { id: user.id, at };
      })
      .finally(() => searches.delete(address));
    searches.set(address, started);
    return started;
  };

  /** The user of that entry, if the address is still theirs as far as memory or the directory says. */
  const ownerOf = async (address: string, entry: Entry | undefined): Promise<AddressOwner | undefined> => {
    const user = entry && (await cache.find(entry.id));
    if (entry === undefined || user === undefined || !isTheirs(user, address)) return undefined;
    const life = user.view.emailVerified ? VERIFIED_MS : UNVERIFIED_MS;
    return { ...user, addressMs: user.stale ? 0 : life - (performance.now() - entry.at) };
  };

  /** The last answer, for as long as the record that it led to answers. The search may be all that fails: the record is asked first. */
  const asLastResort = async (address: string, last: AddressOwner, error: unknown): Promise<AddressOwner> => {
    const read = await cache.find(last.view.id, { revalidate: true }).catch((cause: unknown) => {
      unlessAway(cause);
      return last;
    });
    if (read === undefined || !isTheirs(read, address)) throw error;
    return { ...last, ...read };
  };

  const find: FindUserByEmail = async (email) => {
    const address = addressKey(email);
    if (address === undefined) return undefined;
    const remembered = await ownerOf(address, known.get(address)).catch(unlessAway);
    if (remembered !== undefined && remembered.addressMs > 0) return remembered;
    try {
      return await ownerOf(address, await search(address, email));
    } catch (error) {
      if (remembered === undefined) throw error;
      unlessAway(error);
      return { ...(await asLastResort(address, remembered, error)), stale: true, addressMs: 0 };
    }
  };

  return async (email) => {
    const owner = await find(email);
    if (requireVerified && owner?.view.emailVerified === false) throw new ByokError('email_unverified');
    return owner;
  };
}

/**
 * Whom an address signs in. Never its last owner as a last resort: it may be somebody else's by now, who would then see and
 * change what is not theirs.
 * @throws as `FindUserByEmail` does, and `directory_unavailable` where its answer would be stale.
 */
export const whoSignsInBy =
  (findUser: FindUserByEmail) =>
  async (email: string): Promise<string | undefined> => {
    const owner = await findUser(email);
    if (owner?.stale) throw new ByokError('directory_unavailable', { reason: 'nobody can say whose address it is' });
    return owner?.view.id;
  };

const isTheirs = ({ view }: CachedUser, address: string): boolean =>
  view.email !== undefined && isSameAddress(view.email, address);

function unlessAway(error: unknown): undefined {
  if (!isDirectoryAway(error)) throw error;
  return undefined;
}
