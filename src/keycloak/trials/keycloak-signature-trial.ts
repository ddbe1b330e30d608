// Tries whether this service would believe the tokens that the realm makes for it, without a person: for `byok doctor`.
import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import { createDiscovery, type RealmEndpoints } from '../keycloak-discovery.ts';
import { createKeycloakFetch, type KeycloakFetch } from '../keycloak-fetch.ts';

interface TrialOptions {
  url: string;
  publicUrl: string;
  realm: string;
  clientId: string;
  clientSecret: string;
  dispatcher: Dispatcher;
  timeoutMs: number;
}

export interface TriedToken {
  readonly kind: 'access token' | 'ID token';
  /** As the token says; `none` where it cannot be read. */
  readonly algorithm: string;
  /** Undefined: it is believed. Else completes the sentence "its ID token …". */
  readonly problem: string | undefined;
}

const answerSchema = z.object({ access_token: z.string(), id_token: z.string().optional() });

/**
 * Signs in as the service account, with `openid`, for which Keycloak adds an ID token: signed as those of persons and as
 * logout tokens are.
 * @returns nothing where the account gets no token; who asks says that elsewhere. @throws ByokError `directory_unavailable`, `directory_misconfigured`.
 */
export async function trySignatures(options: TrialOptions): Promise<TriedToken[]> {
  const fetch = createKeycloakFetch(options);
  const realm = await createDiscovery({ ...options, fetch })();
  const response = await fetch(realm.token, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: options.clientId,
      client_secret: options.clientSecret,
      scope: 'openid',
    }),
  });
  const answer = answerSchema.safeParse(await response.json().catch(() => undefined));
  if (!answer.success) return [];
  const { access_token: accessToken, id_token: idToken } = answer.data;
  const tried = [await tryToken('access token', accessToken, realm, fetch)];
  if (idToken !== undefined) tried.push(await tryToken('ID token', idToken, realm, fetch));
  return tried;
}

async function tryToken(
  kind: TriedToken['kind'],
  token: string,
  { issuer, jwks, algorithms }: RealmEndpoints,
  fetch: KeycloakFetch,
): Promise<TriedToken> {
  const algorithm = algorithmOf(token);
  if (token.split('.').length === 5) return { kind, algorithm, problem: 'is encrypted, which is not supported' };
  if (!algorithms.includes(algorithm))
    return {
      kind,
      algorithm,
      problem: `is signed with ${algorithm}, which is not a public-key algorithm that is known here`,
    };
  try {
    await jwtVerify(token, createRemoteJWKSet(new URL(jwks), { [customFetch]: fetch }), {
      issuer,
      algorithms: [...algorithms],
      // A clock that is off is no fault of the signature, and found by itself.
      currentDate: madeAt(token),
    });
    return { kind, algorithm, problem: undefined };
  } catch (error) {
    const code = error instanceof errors.JOSEError ? error.code : 'it cannot be read';
    return { kind, algorithm, problem: `is signed with ${algorithm} and is not believed (${code})` };
  }
}

const madeAt = (token: string): Date => new Date((decodeJwt(token).iat ?? 0) * 1000);

function algorithmOf(token: string): string {
  try {
    return String(decodeProtectedHeader(token).alg ?? 'none').slice(0, 20);
  } catch {
    return 'none';
  }
}
