// What came of the changes to one part, and how it is said.

/** One change that no test noticed. */
export interface Survivor {
  /** Path, line and column, as an editor takes them; mutmut gives a name instead. */
  readonly place: string;
  /** What the code was changed to. */
  readonly change: string;
  /** False where a test ran that code and passed all the same. */
  readonly untested: boolean;
}

export interface Outcome {
  readonly part: string;
  /** Noticed by a failing test, or by a time limit. */
  readonly killed: number;
  readonly survivors: readonly Survivor[];
}

/** Percent of the changes that were noticed. */
export const scoreOf = ({ killed, survivors }: Outcome): number =>
  killed + survivors.length === 0 ? 0 : (100 * killed) / (killed + survivors.length);

/** One line for each survivor. */
export const survivorLines = ({ survivors }: Outcome): string[] =>
  survivors.map(({ place, change, untested }) => `  ${place}  ${untested ? '(no test runs this) ' : ''}${change}`);

/** A table of all parts, the score with one decimal. */
export function scoreTable(outcomes: readonly Outcome[], wanted: number): string {
  const rows = outcomes.map((outcome) => {
    const { part, killed, survivors } = outcome;
    const score = scoreOf(outcome);
    const mark = score >= wanted ? '✓' : '✗';
    return `${mark} ${part.padEnd(20)}${score.toFixed(1).padStart(6)} %  ${killed} of ${killed + survivors.length} noticed`;
  });
  return rows.join('\n');
}
