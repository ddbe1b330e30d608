// What the recorder needs of a store of users beside the service: to see what was written, and to write past the service.

/** A user as the store has it, without the id. */
export interface StoredUser {
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** Everything else of the user that a write could change. */
  readonly fields: Readonly<Record<string, string | boolean | null>>;
}

export interface UserStore {
  /** By id. */
  users(): Promise<ReadonlyMap<string, StoredUser>>;
  setAttributes(id: string, attributes: Readonly<Record<string, readonly string[] | null>>): Promise<void>;
  setEnabled(id: string, enabled: boolean): Promise<void>;
  remove(id: string): Promise<void>;
}
