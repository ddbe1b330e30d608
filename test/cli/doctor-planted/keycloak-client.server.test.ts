// The client of the realm, and what this service is told about it: found without an administrator's password.
import { afterAll, beforeAll } from 'vitest';
import { findsPlanted } from './planted.ts';
import { createPlantedRealm, type PlantedRealm } from './planted-realm.ts';

let realm: PlantedRealm;
beforeAll(async () => {
  realm = await createPlantedRealm();
});
afterAll(() => realm?.drop());

/** Another client in place of ours. */
const otherClient = async (settings: object, roles: readonly string[] = []) => {
  const redirectUris = [`${realm.env.PUBLIC_URL}/auth/callback`];
  const { clientId, clientSecret } = await realm.createConfidentialClient({
    redirectUris,
    roles,
    settings: { ...settings },
  });
  return { KEYCLOAK_CLIENT_ID: clientId, KEYCLOAK_CLIENT_SECRET: clientSecret };
};

findsPlanted('the client at Keycloak', { surroundings: () => realm.env }, [
  {
    name: 'another secret than the client has',
    plant: () => ({ KEYCLOAK_CLIENT_SECRET: 'of-another-client' }),
    names: 'KEYCLOAK_CLIENT_SECRET',
    fix: /stands under Clients → ops-center → Credentials/,
    start: 'refuses',
  },
  {
    name: 'a client that the realm does not have',
    plant: () => ({ KEYCLOAK_CLIENT_ID: 'ops-centre' }),
    names: 'KEYCLOAK_CLIENT_ID',
    fix: /has no client ops-centre.*[Cc]heck KEYCLOAK_CLIENT_ID/,
  },
  {
    name: 'a client that is disabled',
    plant: async () => void (await realm.changeClient({ enabled: false })),
    names: 'ops-center',
    fix: /is disabled.*Settings: switch Enabled on/,
  },
  {
    name: 'a client that is bearer-only',
    plant: () => otherClient({ bearerOnly: true, serviceAccountsEnabled: false, standardFlowEnabled: false }),
    names: 'KEYCLOAK_CLIENT_ID',
    fix: /is bearer-only.*`byok keycloak setup`/,
    start: 'refuses',
  },
  {
    name: 'a public client',
    plant: () => otherClient({ publicClient: true, serviceAccountsEnabled: false }),
    names: 'is public',
    fix: /switch Client authentication on/,
    start: 'refuses',
  },
  {
    name: 'a client without a service account',
    plant: () => otherClient({ serviceAccountsEnabled: false }),
    names: 'has no service account',
    fix: /tick Service accounts roles/,
    start: 'refuses',
  },
  {
    name: 'a client with the standard flow off',
    plant: async () => void (await realm.changeClient({ standardFlowEnabled: false })),
    names: 'Standard flow is off',
    fix: /tick Standard flow/,
  },
  {
    name: 'a service account without roles',
    plant: () => otherClient({}),
    names: 'lacks view-users, query-users, manage-users of realm-management',
    fix: /Service account roles/,
    start: 'refuses',
  },
  {
    name: 'a service account that may look and not write',
    plant: () => otherClient({}, ['view-users', 'query-users']),
    names: 'lacks manage-users of realm-management',
    fix: /Service account roles/,
    start: 'refuses',
  },
  {
    name: 'a client whose tokens carry no roles',
    plant: async () => void (await realm.changeClient({ fullScopeAllowed: false })),
    names: 'carry no roles of realm-management',
    fix: /Full scope allowed/,
  },
  {
    name: 'a client whose access tokens do not name it as an audience',
    plant: async () => void (await realm.changeClient({ protocolMappers: [] })),
    names: 'do not name ops-center as their audience',
    fix: /Add mapper → By configuration → Audience/,
  },
  {
    name: 'a client with an ID token that is signed with its secret',
    plant: async () => void (await realm.changeClient({ attributes: { 'id.token.signed.response.alg': 'HS256' } })),
    names: 'ID token of the client ops-center is signed with HS256',
    fix: /empty its signature algorithm or choose RS256/,
  },
  {
    name: 'a client with an access token that is signed with its secret',
    plant: async () => void (await realm.changeClient({ attributes: { 'access.token.signed.response.alg': 'HS512' } })),
    names: 'access token of the client ops-center is signed with HS512',
    fix: /empty its signature algorithm or choose RS256.*access tokens are refused/,
  },
  {
    name: 'a callback that the client does not list, for another PUBLIC_URL',
    plant: () => ({ PUBLIC_URL: 'http://127.0.0.1:1' }),
    names: 'PUBLIC_URL',
    fix: /cannot return to http:\/\/127\.0\.0\.1:1\/auth\/callback.*Valid redirect URIs/,
  },
  {
    name: 'a callback that the client does not list, for a BASE_PATH',
    plant: () => ({ BASE_PATH: '/byok' }),
    names: 'BASE_PATH',
    fix: /cannot return to .*\/byok\/auth\/callback.*Valid redirect URIs/,
  },
]);
