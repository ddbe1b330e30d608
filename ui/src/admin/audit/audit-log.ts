// The log as the service hands it out, and the name by which its readers hear of a change.
import type { Answer } from '../../api/client.ts';

export type AuditPage = Answer<'/api/v1/byok/admin/audit', 'get'>;

/** What these pages add to the log changes it. */
export const AUDIT = 'audit';
