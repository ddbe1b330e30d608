// Sign-in at Keycloak: OpenID Connect code flow with PKCE, state and nonce, on openid-client.
import { decodeJwt } from 'jose';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { ServiceTokenVerifier } from '../services/service-identities.ts';
import type { IdentityProvider, SignedInUser } from '../sessions/identity-provider.ts';
import { ByokError } from '../shared/errors.ts';
import { type LiveText, textOf } from '../shared/live-text.ts';
import { createAddressAdvice } from './keycloak-address.ts';
import { clientRoles, type TokenClients } from './keycloak-claims.ts';
import { createDiscovery, type RealmEndpoints } from './keycloak-discovery.ts';
import { badAnswer, createKeycloakFetch, type KeycloakFetch } from './keycloak-fetch.ts';
import { createKeycloakTokens } from './keycloak-tokens.ts';

interface KeycloakIdentityProviderOptions extends TokenClients {
  /** How this service reaches Keycloak; without a slash at the end. */
  url: string;
  /** How browsers and tokens name it. */
  publicUrl: string;
  realm: string;
  clientSecret: LiveText;
  /** The pool of sockets to Keycloak; its maker closes it. */
  dispatcher: Dispatcher;
  /** Longest wait for one call. */
  timeoutMs: number;
  /** The public address of our callback. */
  redirectUri: string;
}

const tokensShape = z.object({ access_token: z.string(), id_token: z.string() });

type Tokens = Awaited<ReturnType<typeof authorizationCodeGrant>>;

export function createKeycloakIdentityProvider(
  options: KeycloakIdentityProviderOptions,
): IdentityProvider & ServiceTokenVerifier {
  const { clientId, redirectUri } = options;
  const fetch = createKeycloakFetch({ ...options, advise: createAddressAdvice(options) });
  const discover = createDiscovery({ ...options, fetch });
  const tokens = createKeycloakTokens({
    ...options,
    realm: discover,
    fetch,
  });
  return {
    ...tokens,
    async startSignIn() {
      const config = toConfiguration(await discover(), options, fetch);
      const [state, nonce, codeVerifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
      const url = buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, state, nonce, codeVerifier };
    },
    async finishSignIn(callbackUrl, { state, nonce, codeVerifier }) {
      const config = toConfiguration(await discover(), options, fetch);
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier };
      try {
        return toSignedInUser(await authorizationCodeGrant(config, callbackUrl, checks), clientId);
      } catch (error) {
        throw toByokError(error);
      }
    },
    async logoutUrl(idToken, returnTo) {
      const url = new URL((await discover()).endSession);
      url.searchParams.set('client_id', clientId);
      url.searchParams.set('post_logout_redirect_uri', returnTo);
      if (idToken !== undefined) url.searchParams.set('id_token_hint', idToken);
      return url.href;
    },
  };
}

function toConfiguration(
  endpoints: RealmEndpoints,
  { clientId, clientSecret, timeoutMs }: KeycloakIdentityProviderOptions,
  fetch: KeycloakFetch,
): Configuration {
  const metadata = {
    issuer: endpoints.issuer,
    authorization_endpoint: endpoints.authorization,
    token_endpoint: endpoints.token,
    jwks_uri: endpoints.jwks,
    authorization_response_iss_parameter_supported: endpoints.callbackNamesIssuer,
    id_token_signing_alg_values_supported: [...endpoints.algorithms],
  };
  const config = new Configuration(metadata, clientId, undefined, ClientSecretBasic(textOf(clientSecret)));
  config[customFetch] = async (url, { body, ...rest }) => {
    const response = await fetch(url, { ...rest, body: body instanceof URLSearchParams ? body : null });
    // It is called for the token endpoint alone.
    if (response.ok && !tokensShape.safeParse(await response.clone().json()).success)
      throw badAnswer('answered with something else than tokens: is KEYCLOAK_URL a Keycloak?');
    return response;
  };
  config.timeout = timeoutMs / 1000;
  // Plain HTTP is for a Keycloak on this machine: the configuration demands https in production.
  if (endpoints.token.startsWith('http:')) allowInsecureRequests(config);
  return config;
}

function toSignedInUser(tokens: Tokens, clientId: string): SignedInUser {
  const claims = tokens.claims();
  if (claims === undefined || tokens.id_token === undefined) throw new TypeError('no ID token');
  return {
    userId: claims.sub,
    email: text(claims.email),
    name: text(claims.name),
    roles: clientRoles(decodeOrNothing(tokens.access_token), clientId),
    providerSessionId: text(claims.sid),
    idToken: tokens.id_token,
  };
}

const text = (claim: unknown): string | undefined => (typeof claim === 'string' && claim !== '' ? claim : undefined);

/** The access token came from the token endpoint itself, over a connection of ours, so its signature adds nothing. */
function decodeOrNothing(accessToken: string): unknown {
  try {
    return decodeJwt(accessToken);
  } catch {
    return undefined;
  }
}

/** A refusal of our client is for the operator; everything else is for the person: start again. */
function toByokError(error: unknown): ByokError {
  for (let inner = error; inner instanceof Error; inner = inner.cause) {
    if (inner instanceof ByokError) return inner;
    if (inner instanceof ResponseBodyError && ['invalid_client', 'unauthorized_client'].includes(inner.error)) {
      return new ByokError('directory_misconfigured', { reason: `Keycloak refuses our client: ${inner.error}` });
    }
  }
  const reason = error instanceof Error ? error.message : 'unknown error';
  return new ByokError('sign_in_failed', { reason: `sign-in refused: ${reason.slice(0, 200)}` });
}
