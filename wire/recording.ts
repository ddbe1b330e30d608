// What was seen on the wire of one commit, request by request.
import { readFileSync, writeFileSync } from 'node:fs';

/** Anything that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface Entry {
  /** Store, variant and name of the request: each once. */
  readonly name: string;
  /** What was sent, for the reader. */
  readonly request: string;
  /** What is compared. */
  readonly seen: Json;
}

export interface Recording {
  readonly commit: string;
  readonly entries: readonly Entry[];
}

export const saveRecording = (file: string, recording: Recording): void =>
  writeFileSync(file, `${JSON.stringify(recording, null, 1)}\n`);

export const loadRecording = (file: string): Recording => JSON.parse(readFileSync(file, 'utf8')) as Recording;
