// The configuration of a running service: what a reload may change is asked for each time, everything else stays.
import { type LiveText, textOf } from '../shared/live-text.ts';
import type { Config } from './config.ts';

export interface LiveConfig {
  readonly config: Config;
  /** Takes over what may change. @returns names of variables: those that count from now on, and those that take a restart. */
  update(next: Config): { readonly changed: readonly string[]; readonly restart: readonly string[] };
}

export function createLiveConfig(first: Config): LiveConfig {
  let current = first;
  const systemKeys = new Map(first.systemKeys);
  /** Undefined stays so: whether there is such a thing at all takes a restart. */
  const live = (read: (config: Config) => LiveText | undefined): LiveText | undefined =>
    read(first) === undefined ? undefined : () => textOf(read(current) ?? '');
  const { keycloak } = first;
  const config: Config = {
    ...first,
    metricsToken: live((of) => of.metricsToken),
    databaseUrl: live((of) => of.databaseUrl),
    databaseMigrationUrl: live((of) => of.databaseMigrationUrl),
    redisUrl: live((of) => of.redisUrl),
    audit: { ...first.audit, anchorUrl: live((of) => of.audit.anchorUrl) },
    keycloak: keycloak && {
      ...keycloak,
      clientSecret: live((of) => of.keycloak?.clientSecret) ?? '',
      admin: keycloak.admin && { ...keycloak.admin, password: live((of) => of.keycloak?.admin?.password) ?? '' },
    },
    systemKeys,
  };
  return {
    config,
    update(next) {
      const restart = takesRestart(current, next);
      const taken: Config = {
        ...next,
        encryptionKeys: current.encryptionKeys,
        databaseUrl: restart.includes('DATABASE_URL') ? current.databaseUrl : next.databaseUrl,
        databaseMigrationUrl: restart.includes('DATABASE_MIGRATION_URL')
          ? current.databaseMigrationUrl
          : next.databaseMigrationUrl,
        redisUrl: restart.includes('REDIS_URL') ? current.redisUrl : next.redisUrl,
      };
      const changed = changedIn(current, taken);
      current = taken;
      systemKeys.clear();
      for (const [provider, key] of taken.systemKeys) systemKeys.set(provider, key);
      return { changed, restart };
    },
  };
}

const SECRETS: Readonly<Record<string, (config: Config) => LiveText | undefined>> = {
  METRICS_TOKEN: (of) => of.metricsToken,
  KEYCLOAK_CLIENT_SECRET: (of) => of.keycloak?.clientSecret,
  KEYCLOAK_ADMIN_PASSWORD: (of) => of.keycloak?.admin?.password,
  DATABASE_URL: (of) => of.databaseUrl,
  DATABASE_MIGRATION_URL: (of) => of.databaseMigrationUrl,
  REDIS_URL: (of) => of.redisUrl,
  AUDIT_ANCHOR_URL: (of) => of.audit.anchorUrl,
};

function changedIn(before: Config, after: Config): string[] {
  const secrets = Object.entries(SECRETS).flatMap(([name, read]) => (read(before) === read(after) ? [] : [name]));
  const providers = new Set([...before.systemKeys.keys(), ...after.systemKeys.keys()]);
  const systemKeys = [...providers].filter((id) => before.systemKeys.get(id) !== after.systemKeys.get(id));
  return [...secrets, ...systemKeys.map((id) => `BYOK_${id.toUpperCase()}_SYSTEM_KEY`)];
}

/** Another key cannot be taken up while keys are read with this one; another server is not another password. */
function takesRestart(before: Config, after: Config): string[] {
  const names: string[] = [];
  if (before.encryptionKeys?.join() !== after.encryptionKeys?.join()) names.push('ENCRYPTION_KEY');
  if (serverOf(before.databaseUrl) !== serverOf(after.databaseUrl)) names.push('DATABASE_URL');
  if (serverOf(before.databaseMigrationUrl) !== serverOf(after.databaseMigrationUrl))
    names.push('DATABASE_MIGRATION_URL');
  if (serverOf(before.redisUrl) !== serverOf(after.redisUrl)) names.push('REDIS_URL');
  return names;
}

/** An address without who signs in there. */
function serverOf(address: LiveText | undefined): string | undefined {
  // Addresses of Sentinels have several hosts, which URL does not take.
  return address === undefined ? undefined : textOf(address).replace(/^([a-z+]+:\/\/)[^@/]*@/, '$1');
}
