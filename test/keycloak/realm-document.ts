// What a realm says of itself, for tests that change one thing in it.

export const URLS = { url: 'http://keycloak:8080', publicUrl: 'https://auth.example.test' };

export function documentOf(realm: string, changes: object = {}) {
  const issuer = `${URLS.publicUrl}/realms/${realm}`;
  const at = (path: string): string => `${issuer}/protocol/openid-connect/${path}`;
  return {
    issuer,
    authorization_endpoint: at('auth'),
    token_endpoint: at('token'),
    jwks_uri: at('certs'),
    end_session_endpoint: at('logout'),
    id_token_signing_alg_values_supported: ['HS256', 'ES384', 'none', 'RS256', 'EdDSA', 'HS512', 'XS256'],
    ...changes,
  };
}
