// What set-up would do, said before it is done.

export interface SetupStep {
  /** A sentence in the imperative, without a full stop. */
  readonly line: string;
  /** Does it. @throws ByokError `directory_unavailable` */
  readonly apply: () => Promise<unknown>;
}

export interface SetupPart {
  readonly steps: readonly SetupStep[];
  /** What is left for a person to do or to know: one line each. */
  readonly advice: readonly string[];
}
