// `byok service-token`: fixed bearers for programs that cannot sign in at Keycloak.
import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { createPostgresAuditLog } from '../audit/postgres-audit-log.ts';
import { parseConfig } from '../config/config.ts';
import { PROVIDERS } from '../providers/provider-table.ts';
import { createPostgresServiceTokens } from '../services/postgres-service-tokens.ts';
import type { ServiceToken } from '../services/service-token-store.ts';
import {
  createServiceTokens,
  parseExpiry,
  type ServiceTokenRequest,
  type ServiceTokens,
} from '../services/service-tokens.ts';
import { StartupProblem } from '../shared/errors.ts';
import { SERVICE_SCOPES, type ServiceScope } from '../shared/service-scopes.ts';
import { CREATE_OPTION, openCommandCore } from './command-core.ts';

interface CreateOptions extends Omit<ServiceTokenRequest, 'expiresAt' | 'providers'> {
  readonly providers?: readonly string[];
  readonly expires: Date;
  readonly create: boolean;
}

export function serviceTokenCommand(): Command {
  return new Command('service-token')
    .description('Makes, lists and revokes the tokens of services that cannot sign in at Keycloak.')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

function createCommand(): Command {
  return new Command('create')
    .description('Makes a token and shows it, this once.')
    .requiredOption('--name <name>', 'what it is for, such as open-webui', parseName)
    .requiredOption('--scopes <scopes>', `what it may do: ${SERVICE_SCOPES.join(', ')}`, parseScopes)
    .option('--providers <providers>', 'whose keys it may use; without it: all', parseProviders)
    .requiredOption('--expires <when>', '90d, or the last day in UTC such as 2027-01-31', parseExpires)
    .addOption(CREATE_OPTION)
    .addHelpText(
      'after',
      '\nExample:\n  $ byok service-token create --name open-webui --scopes resolve,usage --providers openai,anthropic --expires 90d',
    )
    .action(async ({ name, scopes, providers, expires, create }: CreateOptions) => {
      const token = await withTokens(
        (tokens) => tokens.create({ name, scopes, providers, expiresAt: expires }),
        create,
      );
      if (token === undefined)
        throw new StartupProblem(
          `There is a service token named ${name} already. Revoke it first (byok service-token revoke ${name}), or choose another name.`,
        );
      console.error(`The token of ${name}, until ${expires.toISOString()}. It is not shown again:`);
      console.log(token);
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('Lists the tokens: what they may do and until when, never the tokens themselves.')
    .addHelpText('after', '\nExample:\n  $ byok service-token list')
    .action(async () => {
      const now = new Date();
      const tokens = await withTokens((all) => all.list());
      if (tokens.length === 0) console.error('There are no service tokens.');
      for (const token of tokens) console.log(describeToken(token, now));
    });
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('Takes a token back. Running services stop accepting it within five seconds.')
    .argument('<name>', 'its name')
    .addHelpText('after', '\nExample:\n  $ byok service-token revoke open-webui')
    .action(async (name: string) => {
      if (!(await withTokens((tokens) => tokens.revoke(name))))
        throw new StartupProblem(
          `There is no service token named ${name} that could be revoked. See byok service-token list.`,
        );
      console.log(`${name} is revoked.`);
    });
}

async function withTokens<T>(action: (tokens: ServiceTokens) => Promise<T>, create?: boolean): Promise<T> {
  await using core = await openCommandCore(parseConfig(process.env), create);
  const { db } = core.database;
  await using audit = createPostgresAuditLog({ db, chain: core.auditChain });
  const store = createPostgresServiceTokens(db);
  return await action(createServiceTokens({ store, audit, operator: operatorName() }));
}

function operatorName(): string {
  try {
    return userInfo().username;
  } catch {
    // An account that the system has no name for, as in containers.
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

function describeToken({ name, scopes, providers, expiresAt, revokedAt }: ServiceToken, now: Date): string {
  const state =
    revokedAt !== undefined
      ? `revoked ${revokedAt.toISOString()}`
      : `${expiresAt <= now ? 'expired' : 'until'} ${expiresAt.toISOString()}`;
  return `${name}  ${scopes.join(',')}  ${providers?.join(',') ?? 'all providers'}  ${state}`;
}

function parseName(text: string): string {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(text)) return text;
  throw new InvalidArgumentError('It is made of a-z, 0-9, dots, dashes and underscores, at most 63 of them.');
}

function parseScopes(text: string): ServiceScope[] {
  const wanted = words(text);
  const scopes = SERVICE_SCOPES.filter((scope) => wanted.has(scope));
  if (scopes.length > 0 && scopes.length === wanted.size) return scopes;
  throw new InvalidArgumentError(`Give one or more of ${SERVICE_SCOPES.join(', ')}, separated by commas.`);
}

function parseProviders(text: string): string[] {
  const wanted = [...words(text)];
  if (wanted.length > 0 && wanted.every((id) => PROVIDERS.has(id))) return wanted;
  throw new InvalidArgumentError(`Give one or more of ${[...PROVIDERS.keys()].join(', ')}, separated by commas.`);
}

function parseExpires(text: string): Date {
  const date = parseExpiry(text, new Date());
  if (date !== undefined) return date;
  throw new InvalidArgumentError(
    'Give a number of days such as 90d, or a day to come such as 2027-01-31; ten years at most.',
  );
}

const words = (text: string): Set<string> =>
  new Set(
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  );
