// Writes that have begun and whose end nobody has seen yet. The directory may still be carrying one out when its writer
// is long gone, and would then undo what was written after it.

interface WriteTimes {
  /** Longest time that the call itself takes. */
  readonly callMs: number;
  /** How long the directory may go on with it after that. */
  readonly marginMs: number;
}

export interface WriteIntent {
  /** Whether the call may still begin: a process that was stopped after it recorded the intent must not send it later. */
  mayBegin(): boolean;
  /** The end of the write is known. Never rejects: an intent that cannot be removed runs out by itself. */
  end(): Promise<void>;
}

/** The intents of one user, for the one whose turn it is. */
export interface WriteIntents {
  /**
   * Records that a write is about to be sent. Whoever has lost the turn meanwhile cannot record any more, so nobody
   * sends a write out of turn.
   * @throws ByokError `database_unavailable` where it cannot be recorded: nothing may be sent then.
   */
  begin(times: WriteTimes): Promise<WriteIntent>;
  /**
   * Milliseconds until the writes of earlier holders have run out, 0 where they have; undefined: there are none.
   * @throws ByokError `database_unavailable`
   */
  unfinished(): Promise<number | undefined>;
  /** Forgets what earlier holders left. @throws ByokError `database_unavailable` */
  settle(): Promise<void>;
}
