// A realm that is set up well, what doctor is asked about it, and ways to spoil it for one test.
import { randomBytes } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/database/database.ts';
import { temporaryDatabase } from '../../support/database/temporary-database.ts';
import { CLIENT, createReadyRealm } from '../../support/keycloak/keycloak-test-realm.ts';
import type { TestRealm } from '../../support/keycloak/realm.ts';
import type { Representation } from '../../support/servers/keycloak-admin-api.ts';
import { freePort } from '../../support/servers/server-process.ts';
import type { Env } from './planted.ts';

export interface PlantedRealm extends TestRealm {
  /** Settings that fit it: no administrator's password among them. */
  readonly env: Env;
  /** Changes the realm, until the test is over. */
  change(changes: Representation): Promise<void>;
  /** Changes our client, until the test is over. Its service account must stay: Keycloak deletes its roles with it. */
  changeClient(changes: Representation & { attributes?: Record<string, string> }): Promise<void>;
  /** Changes the user profile, until the test is over. */
  changeProfile(change: (profile: Profile) => Profile): Promise<void>;
  /** Takes its database away. */
  drop(): Promise<void>;
  /** A user, until the test is over. */
  addUser(user: Representation): Promise<void>;
}

type Client = Representation & { readonly attributes: Record<string, string> };
type Profile = Representation & { readonly attributes: readonly Representation[] };

/** The caller stops it. */
export async function createPlantedRealm(): Promise<PlantedRealm> {
  const keycloak = inject('keycloak');
  const publicUrl = `http://127.0.0.1:${await freePort()}`;
  const realm = await createReadyRealm(keycloak, publicUrl);
  const database = await temporaryDatabase(inject('postgresUrl'));
  await (await openDatabase({ databaseUrl: database.url, dataDir: '' })).close();
  /** Puts a changed representation there, and later the one that was there. */
  const spoil = async <T>(path: string, change: (before: T) => T, back = (before: T): T => before): Promise<void> => {
    const before = (await realm.admin('GET', path)).body as T;
    onTestFinished(async () => void (await realm.admin('PUT', path, back(before))));
    await realm.admin('PUT', path, change(before));
  };
  const [client] = (await realm.admin('GET', `/clients?clientId=${CLIENT.clientId}`)).body as [{ id: string }];
  return {
    ...realm,
    env: {
      KEYCLOAK_URL: keycloak.url,
      KEYCLOAK_REALM: realm.name,
      KEYCLOAK_CLIENT_ID: CLIENT.clientId,
      KEYCLOAK_CLIENT_SECRET: CLIENT.clientSecret,
      ENCRYPTION_KEY: randomBytes(32).toString('base64url').concat('='),
      DATABASE_URL: database.url,
      BYOK_DATA_DIR: '/nowhere',
      PORT: new URL(publicUrl).port,
      INTERNAL_PORT: '0',
      PUBLIC_URL: publicUrl,
    },
    change: (changes) => spoil<Representation>('', (before) => ({ ...before, ...changes })),
    changeClient: ({ attributes = {}, ...changes }) =>
      spoil<Client>(
        `/clients/${client.id}`,
        (before) => ({ ...before, ...changes, attributes: { ...before.attributes, ...attributes } }),
        // Keycloak keeps attributes that are left out.
        (before) => ({ ...before, attributes: { ...blank(attributes), ...before.attributes } }),
      ),
    drop: database.drop,
    changeProfile: (change) => spoil<Profile>('/users/profile', change),
    addUser: async (user) => {
      const { id } = await realm.admin('POST', '/users', { enabled: true, emailVerified: true, ...user });
      onTestFinished(() => realm.deleteUser(id));
    },
  };
}

const blank = (attributes: object): Record<string, string> =>
  Object.fromEntries(Object.keys(attributes).map((name) => [name, '']));
