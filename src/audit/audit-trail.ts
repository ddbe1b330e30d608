// Reading the audit log, and checking it.
import type { AuditAnchor, AuditRow } from './audit-chain.ts';
import type { AuditVerdict } from './audit-verification.ts';

/** Everything given has to fit. */
export interface AuditFilter {
  /** Keycloak id: rows in which this person acted, or which are about them. */
  readonly concerning?: string | undefined;
  /** Keycloak id. */
  readonly subject?: string | undefined;
  /** Keycloak id of a person, or name of a service. */
  readonly actor?: string | undefined;
  /** One of several is enough. */
  readonly action?: string | readonly string[] | undefined;
  readonly provider?: string | undefined;
  readonly outcome?: string | undefined;
  readonly requestId?: string | undefined;
  /** From then on. */
  readonly from?: Date | undefined;
  /** Before then. */
  readonly to?: Date | undefined;
}

export interface AuditExtent {
  readonly rows: number;
  /** The last row; undefined where there is none. */
  readonly head: { readonly anchor: AuditAnchor; readonly at: Date } | undefined;
}

/** Every method throws ByokError `database_unavailable`. */
export interface AuditTrail {
  /** Newest first. @param before only rows with a lower number. */
  page(filter: AuditFilter, limit: number, before?: number): Promise<AuditRow[]>;
  /** How much there is, without reading it. */
  extent(): Promise<AuditExtent>;
  /** Reads the whole log from its beginning. Takes a while: some 50,000 rows a second. */
  verify(anchors: readonly AuditAnchor[]): Promise<AuditVerdict>;
}
