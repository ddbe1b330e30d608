// The word beside a row that did not go as it was meant.
import type { ActivityRow } from './activity-sentence.ts';

interface Badge {
  readonly word: string;
  readonly tone: 'warn' | 'bad' | 'quiet';
}

const TESTS: Readonly<Record<string, Badge>> = {
  invalid: { word: 'Invalid', tone: 'bad' },
  error: { word: 'No result', tone: 'warn' },
  unknown: { word: 'Not certain', tone: 'quiet' },
};

export function badgeOf({ action, outcome, details }: ActivityRow): Badge | undefined {
  if (outcome === 'ok') return undefined;
  if (outcome === 'refused') return { word: 'Refused', tone: 'warn' };
  const test = action === 'key.test' ? TESTS[String(details?.status)] : undefined;
  return test ?? { word: 'Failed', tone: 'bad' };
}
