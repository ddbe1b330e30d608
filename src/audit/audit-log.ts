// What happened, to whose keys, by whom. A row is written before its consequence leaves the service.

export const AUDIT_ACTIONS = [
  'key.add',
  'key.replace',
  'key.change',
  'key.delete',
  'key.test',
  'key.release',
  'session.start',
  'session.end',
  'tier.set',
  'usage.reset',
  'service_token.create',
  'service_token.revoke',
  'admin.read',
  'admin.revoke',
  'audit.export',
  'audit.verify',
  'audit.checkpoint',
  'audit.erase',
  'audit.restored',
  'audit.format',
  'master_key.begun',
  'master_key.finished',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export const AUDIT_OUTCOMES = ['ok', 'refused', 'failed'] as const;

/** Who acts: a person by Keycloak id, a service by client id or token name, an operator's command, or the service itself. */
export interface AuditActor {
  readonly kind: 'user' | 'service' | 'operator' | 'system';
  readonly id: string;
}

export interface AuditEvent {
  readonly action: AuditAction;
  /** `refused`: a rule said no. `failed`: something did not work, and the change may have happened all the same. */
  readonly outcome: (typeof AUDIT_OUTCOMES)[number];
  /** A word from a fixed list, such as `no_key` or an error code; never free text. */
  readonly reason?: string | undefined;
  readonly actor: AuditActor;
  /** Keycloak id of the person concerned, where it is known. */
  readonly subject?: string | undefined;
  readonly provider?: string | undefined;
  readonly requestId?: string | undefined;
  /** The client's address. */
  readonly address?: string | undefined;
  /** Words and numbers only: `source`, `version`, `tier`, `previous_tier`. Never a key, a token, a label or an endpoint. */
  readonly details?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export interface AuditLog {
  /** Resolves when the row is on disk. @throws ByokError `audit_unavailable` where it cannot be known to be. */
  append(event: AuditEvent): Promise<void>;
}

/** Where a request comes from, for the audit log. */
export interface RequestOrigin {
  readonly requestId: string;
  readonly address: string;
}
