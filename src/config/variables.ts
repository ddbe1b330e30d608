// Every environment variable the service reads, in the order in which they are documented: its check, and what it is for.
// README.md and .env.byok are held to this table by a test.
import { RATE_VARIABLES, SESSION_VARIABLES, TIER_VARIABLES } from './access-variables.ts';
import { PROVIDER_VARIABLES } from './provider-variables.ts';
import { SERVICE_VARIABLES, TLS_VARIABLES } from './server-variables.ts';
import {
  AUDIT_VARIABLES,
  CACHE_VARIABLES,
  DATABASE_VARIABLES,
  ENCRYPTION_VARIABLES,
  KEYCLOAK_VARIABLES,
} from './storage-variables.ts';

export const VARIABLES = {
  ...SERVICE_VARIABLES,
  ...ENCRYPTION_VARIABLES,
  ...KEYCLOAK_VARIABLES,
  ...DATABASE_VARIABLES,
  ...AUDIT_VARIABLES,
  ...TLS_VARIABLES,
  ...TIER_VARIABLES,
  ...SESSION_VARIABLES,
  ...RATE_VARIABLES,
  ...CACHE_VARIABLES,
  ...PROVIDER_VARIABLES,
};
