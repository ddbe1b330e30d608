// Who the calling services are.
import type { Core } from '../app/core.ts';
import type { Sessions } from '../sessions/compose-sessions.ts';
import { createPostgresServiceTokens } from './postgres-service-tokens.ts';
import { createServiceIdentities, type ServiceIdentities } from './service-identities.ts';

export const composeServices = ({ database }: Core, { signIn }: Pick<Sessions, 'signIn'>): ServiceIdentities =>
  createServiceIdentities({
    tokens: createPostgresServiceTokens(database.db),
    identityProvider: signIn?.identityProvider,
  });
