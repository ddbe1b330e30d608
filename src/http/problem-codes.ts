// Which errors the parts of a request can be answered with, whatever the route: said once, for the descriptions.
import type { ErrorCode } from '../shared/errors.ts';

const codes = <const C extends readonly ErrorCode[]>(list: C): C => list;

/** Reading a body. */
export const BODY_CODES = codes(['invalid_json', 'body_too_large', 'unsupported_media_type']);
/** Finding a user by email. */
export const EMAIL_CODES = codes(['email_unverified', 'email_ambiguous']);
/** Finding out who is asking. Platform sessions may know an address only. */
export const SESSION_CODES = codes([
  'not_authenticated',
  'session_store_unavailable',
  'directory_unavailable',
  'directory_misconfigured',
  'database_unavailable',
  ...EMAIL_CODES,
]);
/** People who must be there and enabled. */
export const ACCOUNT_CODES = codes([...SESSION_CODES, 'account_disabled']);
export const ADMIN_CODES = codes([...ACCOUNT_CODES, 'admin_required']);
/** Changes that people make. */
export const CHANGE_CODES = codes(['cross_site_request', 'audit_unavailable', ...BODY_CODES]);
/** Reading a user, from memory or at the directory. */
export const READ_CODES = codes(['directory_unavailable', 'directory_misconfigured', 'database_unavailable']);
/** Writing a user at the directory. */
export const WRITE_CODES = codes([...READ_CODES, 'account_read_only', 'write_conflict']);
/** Finding out which service is asking, and whether it may. */
export const SERVICE_CODES = codes([
  'not_authenticated',
  'scope_required',
  'validation_failed',
  'directory_unavailable',
  'directory_misconfigured',
  'database_unavailable',
  'audit_unavailable',
]);
