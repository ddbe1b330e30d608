// Where a key belongs: whose it is, for which provider, and where it may be sent. A sealed key opens in its own place only.

/** Whose a key is. Another kind of owner is another word here: ids of two kinds may be the same, their keys never are. */
export interface KeyOwner {
  readonly kind: 'user';
  readonly id: string;
}

export interface KeyPlace {
  readonly owner: KeyOwner;
  readonly provider: string;
  /** The endpoint saved with the key; the key is never sent elsewhere. */
  readonly endpoint: string | undefined;
}

/** @param key what is stored, or will be: its provider and its endpoint count. */
export const keyPlace = (owner: KeyOwner, { provider, endpoint }: Omit<KeyPlace, 'owner'>): KeyPlace => ({
  owner,
  provider,
  endpoint,
});

/**
 * What a binding says of the place. A person's fields have been these three since the first key was bound and stay so;
 * an owner of another kind has a fourth in front, so that a MAC over framed fields is never that of a person's.
 */
export function boundFields({ owner, provider, endpoint }: KeyPlace): readonly string[] {
  const { kind, id }: { kind: string; id: string } = owner;
  const place = [id, provider, endpoint ?? ''];
  return kind === 'user' ? place : [kind, ...place];
}
