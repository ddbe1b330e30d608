// One event of a batch as a service sent it: read, or the reason why it cannot be.
import type { z } from 'zod';
import type { ReportedEvent, UnreadableEvent } from './usage.ts';
import { FIELD_PROBLEMS, usageEvent } from './usage-schemas.ts';

export function readUsageEvent(sent: unknown): ReportedEvent | UnreadableEvent {
  const read = usageEvent.safeParse(sent);
  if (!read.success) return { id: idOf(sent), problem: problemOf(read.error.issues), sent };
  const { id, user, provider, tokens_used: tokensUsed, cost_usd: costUsd, occurred_at: at } = read.data;
  return { id, user, provider, tokensUsed, costUsd, occurredAt: at === undefined ? undefined : new Date(at) };
}

function problemOf(issues: readonly z.core.$ZodIssue[]): UnreadableEvent['problem'] {
  const fields = Object.entries(FIELD_PROBLEMS);
  return fields.find(([field]) => issues.some(({ path }) => path[0] === field))?.[1] ?? 'invalid_event';
}

/** The service's own name for the event, where it has one. */
function idOf(sent: unknown): string | undefined {
  const read = usageEvent.pick({ id: true }).safeParse(sent);
  return read.success ? read.data.id : undefined;
}
