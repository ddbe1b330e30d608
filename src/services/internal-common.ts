// What the descriptions of all internal routes share.

export const SERVICE_CODES = [
  'not_authenticated',
  'scope_required',
  'validation_failed',
  'directory_unavailable',
  'directory_misconfigured',
  'database_unavailable',
  'audit_unavailable',
] as const;
export const BODY_CODES = ['invalid_json', 'body_too_large', 'unsupported_media_type'] as const;
export const internal = { tags: ['internal'], security: [{ service: [] }] };
