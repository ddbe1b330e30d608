// Rows about what somebody does: who acts, from where, and what came of it.
import { ByokError, ERRORS, type ErrorCode } from '../shared/errors.ts';
import type { AuditAction, AuditActor, AuditEvent, AuditLog, RequestOrigin } from './audit-log.ts';

/** Who acts: a person, a service, an administrator, a job or a command. */
export interface Acting {
  readonly actor: AuditActor;
  /** Undefined: nothing from outside, such as a job. */
  readonly origin: RequestOrigin | undefined;
}

export type AuditEntry = Omit<AuditEvent, 'actor' | 'requestId' | 'address'>;

/** What somebody tries to do, and to whom. */
export interface Attempt {
  readonly action: AuditAction;
  /** Keycloak id of the person concerned. */
  readonly subject: string | undefined;
  readonly provider?: string | undefined;
}

/** Every method throws ByokError `audit_unavailable` where the row cannot be known to be on disk. */
export interface AuditRecorder {
  record(by: Acting, entry: AuditEntry): Promise<void>;
  /** For what has just been done. The error says so. */
  recordChange(by: Acting, entry: Omit<AuditEntry, 'outcome'>): Promise<void>;
  /** What an attempt was refused for, or failed with: a row where that matters, and one only. */
  recordRefusal(by: Acting, attempt: Attempt, error: unknown): Promise<void>;
  /** Does the work; where it throws, `recordRefusal` comes first. */
  attempt<T>(by: Acting, attempt: Attempt, work: () => Promise<T>): Promise<T>;
}

/** @param error why there is no row. What an administrator has to do is said, where it will not pass by itself. */
function unsure(error: ByokError): ByokError {
  const mayPass = error.detail === ERRORS.audit_unavailable.detail;
  const detail = mayPass
    ? 'The change may have been made, but it cannot be recorded right now. Look whether it was, and try again shortly.'
    : `The change may have been made, but it cannot be recorded. Look whether it was. ${error.detail}`;
  const { message: reason, retryAfter } = error;
  return new ByokError('audit_unavailable', {
    detail,
    reason,
    cause: error,
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

/** Decisions about a person, and changes that may have happened half. Malformed requests and limits are not rows. */
const RECORDED: ReadonlySet<ErrorCode> = new Set([
  'account_disabled',
  'account_read_only',
  'tier_required',
  'admin_required',
  'cross_site_request',
  'key_not_found',
  'session_not_found',
  'user_not_found',
  'write_conflict',
  'email_ambiguous',
  'endpoint_refused',
  'directory_unavailable',
  'directory_misconfigured',
  'internal',
]);

export function createAuditRecorder(log: AuditLog): AuditRecorder {
  // Error → ids of requests that it was recorded for. On its way out it passes several places that would record it; one that
  // several requests share is a row for each of them.
  const recorded = new WeakMap<object, Set<string>>();

  const record: AuditRecorder['record'] = ({ actor, origin }, entry) => log.append({ actor, ...entry, ...origin });

  const recordRefusal: AuditRecorder['recordRefusal'] = async (by, { action, subject, provider }, error) => {
    const { code, status } = error instanceof ByokError ? error : new ByokError('internal');
    const requestId = by.origin?.requestId;
    if (!RECORDED.has(code) || originalsOf(error).some((one) => isIn(recorded, one, requestId))) return;
    await record(by, {
      action,
      outcome: status < 500 ? 'refused' : 'failed',
      reason: code,
      subject: code === 'user_not_found' ? undefined : subject,
      provider,
    });
    if (error instanceof Error && requestId !== undefined)
      recorded.set(error, (recorded.get(error) ?? new Set()).add(requestId));
  };

  return {
    record,
    recordRefusal,
    async recordChange(by, entry) {
      try {
        await record(by, { ...entry, outcome: 'ok' });
      } catch (error) {
        if (!(error instanceof ByokError)) throw error;
        throw unsure(error);
      }
    },
    async attempt(by, attempt, work) {
      try {
        return await work();
      } catch (error) {
        await recordRefusal(by, attempt, error);
        throw error;
      }
    },
  };
}

/** An unexpected error is answered as `internal`, with itself as the cause. */
const originalsOf = (error: unknown): Error[] =>
  error instanceof Error ? [error, error.cause].filter((one) => one instanceof Error) : [];

const isIn = (recorded: WeakMap<object, Set<string>>, error: Error, requestId: string | undefined): boolean =>
  requestId !== undefined && recorded.get(error)?.has(requestId) === true;
