// Service tokens for tests, made as `byok service-token create` makes them.
import { createPostgresServiceTokens } from '../../../src/services/postgres-service-tokens.ts';
import { createServiceTokens } from '../../../src/services/service-tokens.ts';
import { SERVICE_SCOPES, type ServiceScope } from '../../../src/shared/service-scopes.ts';
import { createMemoryAuditLog } from '../memory/memory-audit-log.ts';
import type { RunningService } from './running-service.ts';

interface Options {
  readonly name?: string;
  readonly scopes?: readonly ServiceScope[];
  readonly providers?: readonly string[];
  readonly expiresAt?: Date;
}

let count = 0;

/** A token of all scopes and providers for an hour, unless told. */
export async function newServiceTokenFor(
  { core }: Pick<RunningService, 'core'>,
  options: Options = {},
): Promise<string> {
  const { name = `test-${count++}`, scopes = SERVICE_SCOPES, providers } = options;
  const store = createPostgresServiceTokens(core.database.db);
  const tokens = createServiceTokens({ store, audit: createMemoryAuditLog(), operator: 'test' });
  const expiresAt = options.expiresAt ?? new Date(Date.now() + 3_600_000);
  const token = await tokens.create({ name, scopes, providers, expiresAt });
  if (token === undefined) throw new Error(`the name ${name} is taken`);
  return token;
}
