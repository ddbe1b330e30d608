// Access tokens of people for the service, as another client of the realm gets them.
import { requestToken } from '../servers/keycloak-admin-api.ts';
import { CLIENT } from './keycloak-test-realm.ts';
import type { TestRealm } from './realm.ts';

interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** For KEYCLOAK_ALLOWED_CLIENTS. */
export const PEOPLES_CLIENT = 'app-of-people';

/** Makes a client whose users' access tokens name the service as an audience. @returns what gets a token. */
export async function personTokens(
  realm: TestRealm,
  realmUrl = realm.url,
): Promise<(person: Credentials) => Promise<string>> {
  const mapper = {
    name: 'audience',
    protocol: 'openid-connect',
    protocolMapper: 'oidc-audience-mapper',
    config: { 'included.client.audience': CLIENT.clientId, 'access.token.claim': 'true' },
  };
  const { clientId, clientSecret } = await realm.createConfidentialClient({
    clientId: PEOPLES_CLIENT,
    settings: { directAccessGrantsEnabled: true, protocolMappers: [mapper] },
  });
  const client = { client_id: clientId, client_secret: clientSecret, scope: 'openid' };
  return async ({ email, password }) => {
    const form = { grant_type: 'password', username: email, password };
    return String((await requestToken(realmUrl, { ...form, ...client })).access_token);
  };
}
