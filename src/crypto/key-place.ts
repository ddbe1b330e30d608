// Where a key belongs: whose it is, for which provider, and where it may be sent. A sealed key opens in its own place only.

/** Whose a key is. */
export interface KeyOwner {
  readonly kind: 'user';
  readonly id: string;
}

export interface KeyPlace {
  readonly userId: string;
  readonly provider: string;
  /** The endpoint saved with the key; the key is never sent elsewhere. */
  readonly endpoint: string | undefined;
}

/** @param key what is stored, or will be: its provider and its endpoint count. */
export const keyPlace = (owner: KeyOwner, { provider, endpoint }: Omit<KeyPlace, 'userId'>): KeyPlace => ({
  userId: owner.id,
  provider,
  endpoint,
});
