// The service with sign-in at a realm of its own on the shared Keycloak, listening, with one person in the realm.
import { randomBytes } from 'node:crypto';
import { Agent } from 'undici';
import { inject } from 'vitest';
import { createKeycloakIdentityProvider } from '../../../src/keycloak/keycloak-identity-provider.ts';
import type { DescribeUser } from '../../../src/users/usable-user.ts';
import { createRealm, type TestRealm } from '../keycloak/realm.ts';
import { freePort } from '../servers/server-process.ts';
import { buildAuthApp } from './auth-app.ts';

export const EMAIL = 'ada@example.com';
export const PASSWORD = 'correct horse battery';

export type SignInService = Awaited<ReturnType<typeof startSignInService>>;

type AppOptions = Omit<Parameters<typeof buildAuthApp>[0] & object, 'identityProvider' | 'publicUrl'> & {
  /** What its random name begins with. */
  realmName?: string;
};

export async function startSignInService({ realmName, ...options }: AppOptions = {}) {
  const keycloak = inject('keycloak');
  const url = `http://127.0.0.1:${await freePort()}`;
  const { basePath = '' } = options;
  const root = `${url}${basePath}`;
  const realm = await createRealm(keycloak, realmName === undefined ? {} : { name: realmName });
  const client = await realm.createConfidentialClient({
    redirectUris: [`${root}/auth/callback`],
    settings: {
      directAccessGrantsEnabled: true,
      attributes: {
        'pkce.code.challenge.method': 'S256',
        'post.logout.redirect.uris': `${root}/`,
        'backchannel.logout.url': `${root}/auth/backchannel-logout`,
        'backchannel.logout.session.required': 'true',
      },
    },
  });
  const userId = await realm.createUser({ email: EMAIL, password: PASSWORD, firstName: 'Ada', lastName: 'Example' });
  await grantClientRole(realm, client.clientId, userId, 'byok-admin');

  const dispatcher = new Agent();
  const identityProvider = createKeycloakIdentityProvider({
    url: keycloak.url,
    publicUrl: keycloak.url,
    realm: realm.name,
    ...client,
    allowedClients: [],
    onRefusedClient: () => undefined,
    dispatcher,
    timeoutMs: 10_000,
    redirectUri: `${root}/auth/callback`,
  });
  const describeUser: DescribeUser = async (id) =>
    id === userId ? { email: EMAIL, name: 'Ada Example', tier: 'starter', enabled: true } : undefined;
  const masterKeys = [randomBytes(32)];
  const startAt = async (port: number) => {
    const app = await buildAuthApp({
      describeUser,
      masterKeys,
      ...options,
      identityProvider,
      publicUrl: url,
      providerOrigin: new URL(keycloak.url).origin,
    });
    await app.listen({ host: '127.0.0.1', port });
    return app;
  };
  const app = await startAt(Number(new URL(url).port));
  return {
    /** Scheme, host, port and base path. */
    root,
    realm,
    client,
    userId,
    app,
    identityProvider,
    /** Another process of the same service, which shares its keys and nothing else. */
    async startReplica() {
      const port = await freePort();
      const replica = await startAt(port);
      return { root: `http://127.0.0.1:${port}${basePath}`, close: () => replica.close() };
    },
    async close() {
      await app.close();
      await dispatcher.destroy();
    },
  };
}

async function grantClientRole(realm: TestRealm, clientId: string, userId: string, role: string): Promise<void> {
  const [client] = (await realm.admin('GET', `/clients?clientId=${clientId}`)).body as { id: string }[];
  await realm.admin('POST', `/clients/${client?.id}/roles`, { name: role });
  const wanted = (await realm.admin('GET', `/clients/${client?.id}/roles/${role}`)).body;
  await realm.admin('POST', `/users/${userId}/role-mappings/clients/${client?.id}`, [wanted]);
}
