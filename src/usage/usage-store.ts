// What is counted and recorded of the use that services make of keys.

/** Calls of one user on one day (UTC). */
export interface UsageCount {
  /** As `2026-11-22`. */
  readonly day: string;
  readonly used: number;
}

export interface UsageEvent {
  /** Of the service that sent it. */
  readonly id: string;
  readonly userId: string;
  readonly provider: string;
  readonly tokensUsed: number;
  /** Decimal number in USD. */
  readonly costUsd: string;
  readonly occurredAt: Date;
}

/** Every method throws ByokError `database_unavailable`. */
export interface UsageStore {
  /**
   * Adds to the user's count of the day, in one step whoever else counts. The count of an earlier day is over.
   * @param seed what was counted elsewhere on this day, before the first count here.
   */
  increment(userId: string, change: { day: string; amount: number; seed: number }): Promise<UsageCount>;
  /** The last day that was counted for the user. */
  read(userId: string): Promise<UsageCount | undefined>;
  reset(userId: string, day: string): Promise<UsageCount>;
  /**
   * Records the events, all or none; those whose id this service has sent before are left out.
   * A batch with a key is recorded once: a repeat gives the answer of the first time.
   */
  record<Answer>(batch: UsageBatch<Answer>): Promise<{ answer: Answer; bodyHash: string }>;
  /** Takes a user whose count was not copied to the directory today, for one caller alone. Undefined: there is none left. */
  claimForMirror(day: string): Promise<({ readonly userId: string } & UsageCount) | undefined>;
  /** Gives a claimed user back: the copy failed. */
  releaseClaim(userId: string): Promise<void>;
}

export interface UsageBatch<Answer> {
  readonly service: string;
  readonly events: readonly UsageEvent[];
  /** What the service calls this batch, to send it again safely. */
  readonly key: string | undefined;
  /** Of what was sent. The one that is given back is of the first time. */
  readonly bodyHash: string;
  /** Made from the ids that were recorded. Kept as JSON. */
  readonly answer: (recorded: ReadonlySet<string>) => Answer;
}
