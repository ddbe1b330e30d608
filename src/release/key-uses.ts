// When a person's keys were last used, and by whom, as the audit log knows it.

/** The last time that a person's own key for a provider was released. */
export interface KeyUse {
  readonly provider: string;
  readonly at: Date;
  /** Name of the service that got it. */
  readonly service: string;
}

export interface KeyUses {
  /** One for each provider whose key was ever released, in the order of the provider table. @throws ByokError `database_unavailable`. */
  lastOf(userId: string): Promise<KeyUse[]>;
}
