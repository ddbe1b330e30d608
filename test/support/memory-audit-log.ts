// An audit log that tests look into, and can break.
import type { AuditEvent, AuditLog } from '../../src/domain/audit-log.ts';
import { ByokError } from '../../src/domain/errors.ts';

export interface MemoryAuditLog extends AuditLog {
  readonly events: AuditEvent[];
  isAway: boolean;
}

export function createMemoryAuditLog(): MemoryAuditLog {
  const events: AuditEvent[] = [];
  const log: MemoryAuditLog = {
    events,
    isAway: false,
    async append(event) {
      if (log.isAway) throw new ByokError('audit_unavailable');
      events.push(event);
    },
  };
  return log;
}
