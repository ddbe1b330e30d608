// The audit log's words as people say them. Words that this page does not know yet are shown as they are.
import type { Tone } from '../../components/notice.tsx';

export const ACTIONS = {
  'key.add': 'Key added',
  'key.replace': 'Key replaced',
  'key.change': 'Key changed',
  'key.delete': 'Key deleted',
  'key.test': 'Key tested',
  'key.release': 'Key given out',
  'session.start': 'Signed in',
  'session.end': 'Signed out',
  'tier.set': 'Tier set',
  'usage.reset': 'Usage reset',
  'service_token.create': 'Service token created',
  'service_token.revoke': 'Service token revoked',
  'admin.read': 'Looked up',
  'admin.revoke': 'Key revoked',
  'audit.export': 'Audit log exported',
  'audit.verify': 'Audit log verified',
  'audit.checkpoint': 'Audit log pruned',
  'audit.erase': 'Person erased',
  'audit.restored': 'Restore recorded',
  'audit.format': 'Audit rules begun',
  'master_key.begun': 'Encryption key change begun',
  'master_key.finished': 'Encryption key change finished',
} as const;
export type Action = keyof typeof ACTIONS;

export const OUTCOMES = {
  ok: { word: 'Done', tone: 'quiet' },
  refused: { word: 'Refused', tone: 'warn' },
  failed: { word: 'Failed', tone: 'bad' },
} as const satisfies Record<string, { word: string; tone: Tone }>;
export type Outcome = keyof typeof OUTCOMES;

/** What is wrong with a row, as the end of a sentence that begins with its number. */
export const FLAWS: Readonly<Record<string, string>> = {
  missing: 'is not there: it was taken out of the log.',
  reordered: 'is not in its place: rows were moved.',
  edited: 'was changed after it was written, or made up.',
  unknown_key: 'was written with an encryption key that this service does not have.',
  truncated: 'is missing, and so is everything after it: the log was cut off.',
  anchor: 'is not the one that was anchored when it was written.',
  checkpoint: 'is the first one left, and no checkpoint says that those before it were pruned.',
  erased: 'was erased, and no erasure names it.',
  restored: 'was erased, and what was erased is there again.',
  key_not_in_use: 'was written with an encryption key that did not count then.',
  master_key: 'changes which encryption keys count, and not every key agrees.',
  two_heads: 'has two anchors that differ: rows were replaced by others.',
  pruned: 'was pruned, and its anchor is too young for that.',
};

export const isAction = (text: string | null): text is Action => text !== null && Object.hasOwn(ACTIONS, text);
export const isOutcome = (text: string | null): text is Outcome => text !== null && Object.hasOwn(OUTCOMES, text);
export const actionWord = (action: string): string => (isAction(action) ? ACTIONS[action] : action);
/** `rate_limited` → `rate limited`. */
export const plainWord = (word: string): string => word.replaceAll('_', ' ');
