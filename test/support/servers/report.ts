// Progress lines of the test servers, on stderr so that a report on stdout stays clean.

/** Writes one progress line to stderr. */
export function report(line: string): void {
  process.stderr.write(`[servers] ${line}\n`);
}
