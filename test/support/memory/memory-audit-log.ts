// An audit log in memory, that can be told to fail.
import type { AuditEvent, AuditLog } from '../../../src/audit/audit-log.ts';
import { ByokError } from '../../../src/shared/errors.ts';

export interface MemoryAuditLog extends AuditLog {
  readonly events: AuditEvent[];
  /** While true nothing can be written. */
  broken: boolean;
}

export function createMemoryAuditLog(): MemoryAuditLog {
  const log: MemoryAuditLog = {
    events: [],
    broken: false,
    async append(event) {
      if (log.broken) throw new ByokError('audit_unavailable');
      log.events.push(event);
    },
  };
  return log;
}
