// What a phase has found: one line each in the report.

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** The figures behind it. */
  readonly figure: string;
}

/** One line a check, and the lines that explain what went wrong. */
export const showCheck = ({ name, ok, figure }: Check): string => `${ok ? 'ok  ' : 'FAIL'}  ${name}: ${figure}`;
