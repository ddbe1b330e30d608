// What is wrong with the audit log, as a part of a sentence.
import type { Flaw } from './audit-verification.ts';

const SENTENCES: Readonly<Record<Flaw['reason'], (seq: number) => string>> = {
  edited: (seq) => `row ${seq} was changed or made up (or a row before it, where the log begins with it)`,
  reordered: (seq) => `another row is in the place of row ${seq}`,
  missing: (seq) => `row ${seq} is missing`,
  unknown_key: (seq) => `row ${seq} was written with an encryption key that is not in ENCRYPTION_KEY`,
  truncated: (seq) => `row ${seq} and those after it were cut off, up to an anchor`,
  anchor: (seq) => `row ${seq} is not the one that was anchored`,
  checkpoint: (seq) => `the rows before row ${seq} are gone, and no checkpoint accounts for them`,
  erased: (seq) => `row ${seq} was erased, and no erasure names it`,
  restored: (seq) => `row ${seq} was erased, and what was erased is there again`,
  key_not_in_use: (seq) => `row ${seq} was written with an encryption key that did not count then`,
  master_key: (seq) => `row ${seq} changes which encryption keys count, and not every key that has a say in it agrees`,
  two_heads: (seq) => `two anchors of row ${seq} differ: rows were replaced by others`,
  pruned: (seq) => `row ${seq} was pruned, and its anchor is too young for that`,
};

export const flawSentence = ({ seq, reason }: Flaw): string => SENTENCES[reason](seq);
