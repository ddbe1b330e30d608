// Rows of the activity as a reader of one's own sees them, for what is said of them.
import { type ActivityRow, sentenceOf } from '../../ui/src/activity/activity-sentence.ts';

const ME = 'me';
const NAMES: Readonly<Record<string, string>> = { openai: 'OpenAI', groq: 'Groq', anthropic: 'Anthropic' };
const reader = { id: ME, providerName: (id: string) => NAMES[id] ?? id };
export const row = (change: Partial<ActivityRow>): ActivityRow => ({
  seq: 1,
  at: '2026-11-22T10:00:00.000Z',
  action: 'key.add',
  outcome: 'ok',
  reason: null,
  provider: null,
  actor: { kind: 'user', id: ME },
  subject: ME,
  address: null,
  request_id: 'r-1',
  details: null,
  ...change,
});
export const say = (change: Partial<ActivityRow>): string => sentenceOf(row(change), reader);
export const service = (id: string) => ({ kind: 'service', id });
export const somebody = { kind: 'user', id: null };
