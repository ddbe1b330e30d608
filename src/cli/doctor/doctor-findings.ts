// What a check of `byok doctor` can say.
import type { Config } from '../../config/config.ts';

export interface Result {
  readonly level: 'ok' | 'warn' | 'fail';
  /** What is so; where it is wrong, also what to do. */
  readonly message: string;
}

export interface Finding extends Result {
  readonly subject: string;
}

export type Check = (config: Config) => AsyncIterable<Result> | Iterable<Result>;

export const ok = (message: string): Result => ({ level: 'ok', message });
export const warn = (message: string): Result => ({ level: 'warn', message });
export const fail = (message: string): Result => ({ level: 'fail', message });

/** The sentence of an error that a check did not expect. */
export const problemOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'it broke for an unknown reason';
