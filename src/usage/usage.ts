// Counts calls a day and records what they cost, for the services that make them.
import { createHash, randomUUID } from 'node:crypto';
import type { AuditLog, RequestOrigin } from '../audit/audit-log.ts';
import { PROVIDERS } from '../providers/provider-table.ts';
import { mayUse, type ServiceCaller } from '../services/service-caller.ts';
import { addressKey } from '../shared/email-address.ts';
import { ByokError } from '../shared/errors.ts';
import { type FindUser, mustFind, type UserName } from '../users/find-user.ts';
import { AccountUnavailable } from '../users/user-directory.ts';
import type { UserView } from '../users/user-view.ts';
import type { UsageEvent, UsageStore } from './usage-store.ts';

interface UsageDeps {
  store: UsageStore;
  findUser: FindUser;
  audit: AuditLog;
  now?: () => Date;
}

export interface Usage {
  /** Calls of the day. */
  readonly used: number;
  /** Undefined: no limit. */
  readonly limit: number | undefined;
  /** In UTC, as `2026-11-22`: the day that is counted. */
  readonly day: string;
}

export const EVENT_PROBLEMS = [
  'user_not_found',
  'email_unverified',
  'email_ambiguous',
  'directory_unavailable',
  'invalid_provider',
  'scope_required',
  'invalid_user',
  'invalid_tokens',
  'invalid_cost',
  'invalid_time',
  'invalid_id',
  'invalid_event',
] as const;
export type EventProblem = (typeof EVENT_PROBLEMS)[number];

/** An event that cannot be read: the others of its batch are none the worse for it. */
export interface UnreadableEvent {
  readonly id: string | undefined;
  readonly problem: EventProblem;
  readonly sent: unknown;
}

export interface ReportedEvent {
  /** The service's own name for it: never recorded twice. */
  readonly id: string | undefined;
  readonly user: UserName;
  readonly provider: string;
  readonly tokensUsed: number;
  readonly costUsd: string;
  readonly occurredAt: Date | undefined;
}

/** What became of one event, in the order of the batch. */
export interface EventResult {
  readonly id: string | null;
  readonly status: 'recorded' | 'duplicate' | 'rejected';
  /** Why it was rejected. */
  readonly reason: EventProblem | null;
}

export type UsageService = ReturnType<typeof createUsageService>;

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
/** How many users a batch looks up at the same time. */
const LOOKUPS = 8;

export function createUsageService({ store, findUser, audit, now = () => new Date() }: UsageDeps) {
  const today = (): string => dayOf(now());
  /** What other programs have counted today, before we did. */
  const seedOf = ({ apiCalls }: Pick<UserView, 'apiCalls'>, day: string): number =>
    apiCalls.day === day ? apiCalls.used : 0;

  /** The count of today, for a user just read. */
  const current = async ({ id, apiCalls }: Pick<UserView, 'id' | 'apiCalls'>): Promise<Usage> => {
    const day = today();
    const count = await store.read(id);
    if (count === undefined) return { used: seedOf({ apiCalls }, day), limit: apiCalls.limit, day };
    return { used: count.day >= day ? count.used : 0, limit: apiCalls.limit, day };
  };

  /** Throws ByokError `user_not_found`. */
  const increment = async (name: UserName, amount: number): Promise<Usage> => {
    const user = await mustFind(findUser, name);
    const day = today();
    const count = await store.increment(user.id, { day, amount, seed: seedOf(user, day) });
    return { ...count, limit: user.apiCalls.limit };
  };

  /** Throws ByokError `user_not_found`; `audit_unavailable`: nothing was changed then. */
  const reset = async (caller: ServiceCaller, name: UserName, origin: RequestOrigin): Promise<Usage> => {
    const user = await findUser(name);
    const event = {
      action: 'usage.reset',
      actor: { kind: 'service', id: caller.id },
      subject: user?.id,
      ...origin,
    } as const;
    if (user === undefined) {
      await audit.append({ ...event, outcome: 'refused', reason: 'user_not_found' });
      throw new ByokError('user_not_found');
    }
    // The row first: a count that was set back without one must not exist.
    await audit.append({ ...event, outcome: 'ok' });
    try {
      const count = await store.reset(user.id, today());
      return { ...count, limit: user.apiCalls.limit };
    } catch (error) {
      await audit.append({ ...event, outcome: 'failed', reason: error instanceof ByokError ? error.code : 'internal' });
      throw error;
    }
  };

  /** Users by what the service calls them, each looked up once. */
  const findAll = async (events: readonly (ReportedEvent | UnreadableEvent)[]): Promise<FoundUsers> => {
    const names = new Map(events.flatMap((event) => ('user' in event ? [[nameOf(event.user), event.user]] : [])));
    const found = new Map<string, UserView | EventProblem>();
    const queue = names.entries();
    const work = async (): Promise<void> => {
      for (const [key, name] of queue) found.set(key, (await findUser(name).catch(notOne)) ?? 'user_not_found');
    };
    await Promise.all(Array.from({ length: LOOKUPS }, work));
    // Nothing to take: the batch can be sent again as it is.
    if (found.size > 0 && [...found.values()].every((one) => one === 'directory_unavailable'))
      throw new AccountUnavailable({ reason: 'Keycloak fails on every user of the batch, and works otherwise' });
    return found;
  };

  /**
   * Records a batch, all or nothing; with a key it is recorded once, however often it is sent.
   * Throws ByokError `validation_failed` where the key came with something else before.
   */
  const record = async (
    caller: ServiceCaller,
    batch: { key: string | undefined; events: readonly (ReportedEvent | UnreadableEvent)[] },
  ) => {
    const { events, key } = batch;
    const users = await findAll(events);
    const judged = events.map((event) => judge(caller, event, users, now()));
    const bodyHash = createHash('sha256').update(JSON.stringify(events)).digest('hex');
    const result = await store.record<EventResult[]>({
      service: caller.id,
      key,
      bodyHash,
      events: judged.flatMap(({ event }) => event ?? []),
      answer: (recorded) => {
        const left = new Set(recorded);
        return judged.map(({ id, event, reason }) => {
          if (event === undefined) return { id, status: 'rejected', reason };
          // Twice in one batch: the first counts.
          return { id, status: left.delete(event.id) ? 'recorded' : 'duplicate', reason: null };
        });
      },
    });
    if (result.bodyHash !== bodyHash)
      throw new ByokError('validation_failed', {
        detail: 'This Idempotency-Key was used for another batch. Use a new key for each batch.',
      });
    return result.answer;
  };

  return { current, increment, reset, record };
}

type FoundUsers = ReadonlyMap<string, UserView | EventProblem>;

/** An address in another spelling than the one that counts is a name of its own: it must not become somebody's. */
const nameOf = (user: UserName): string =>
  'id' in user ? `id ${user.id}` : `email ${addressKey(user.email) ?? `as written ${user.email}`}`;

/** A failure for one user of a batch is a result of that user's events; one for all is thrown. */
function notOne(error: unknown): EventProblem {
  if (error instanceof AccountUnavailable) return 'directory_unavailable';
  const problem = (['email_unverified', 'email_ambiguous'] as const).find(
    (code) => error instanceof ByokError && error.code === code,
  );
  if (problem === undefined) throw error;
  return problem;
}

interface Judged {
  readonly id: string | null;
  readonly event: UsageEvent | undefined;
  readonly reason: EventResult['reason'];
}

function judge(caller: ServiceCaller, event: ReportedEvent | UnreadableEvent, users: FoundUsers, now: Date): Judged {
  const id = event.id ?? null;
  if ('problem' in event) return { id, event: undefined, reason: event.problem };
  const { provider, tokensUsed, costUsd } = event;
  const user = users.get(nameOf(event.user)) ?? 'user_not_found';
  if (!PROVIDERS.has(provider)) return { id, event: undefined, reason: 'invalid_provider' };
  if (!mayUse(caller, provider)) return { id, event: undefined, reason: 'scope_required' };
  if (typeof user === 'string') return { id, event: undefined, reason: user };
  const fields = { userId: user.id, provider, tokensUsed, costUsd, occurredAt: event.occurredAt ?? now };
  return { id, event: { id: event.id ?? randomUUID(), ...fields }, reason: null };
}
