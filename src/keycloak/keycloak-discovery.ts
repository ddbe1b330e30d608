// What Keycloak says of its realm, read when first needed and kept; a failure is forgotten, so it recovers by itself.
import { z } from 'zod';
import { ByokError } from '../shared/errors.ts';
import { badAnswer, type KeycloakFetch } from './keycloak-fetch.ts';
import { realmAddress } from './realm-address.ts';

export interface RealmEndpoints {
  /** As tokens and browsers name it: `{publicUrl}/realms/{realm}`. */
  readonly issuer: string;
  /** With which tokens may be signed: what the realm offers of ALGORITHMS. At least one. */
  readonly algorithms: readonly string[];
  /** For browsers. */
  readonly authorization: string;
  readonly endSession: string;
  /** For this service. */
  readonly token: string;
  readonly jwks: string;
  /** Whether callbacks name the issuer (RFC 9207), which must then be checked. */
  readonly callbackNamesIssuer: boolean;
}

/** Public-key signatures only: no HS*, whose secret would be our own client's, and no `none`. */
export const ALGORITHMS: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

interface DiscoveryOptions {
  /** How this service reaches Keycloak, and how browsers do; without a slash at the end. */
  url: string;
  publicUrl: string;
  realm: string;
  fetch: KeycloakFetch;
}

const documentSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
  end_session_endpoint: z.url(),
  id_token_signing_alg_values_supported: z.array(z.string()),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
});

/** @returns a function that resolves to the realm's endpoints, or throws ByokError `directory_unavailable`, `directory_misconfigured`. */
export function createDiscovery(options: DiscoveryOptions): () => Promise<RealmEndpoints> {
  let known: Promise<RealmEndpoints> | undefined;
  return () => {
    known ??= discover(options).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}

async function discover({ url, publicUrl, realm, fetch }: DiscoveryOptions): Promise<RealmEndpoints> {
  const response = await fetch(`${realmAddress(url, realm)}/.well-known/openid-configuration`, { method: 'GET' });
  // Any other 404 is not Keycloak's own, and was refused as such.
  if (response.status === 404) throw misconfigured(`Keycloak has no realm ${realm}. Check KEYCLOAK_REALM`);
  if (response.status !== 200) throw badAnswer(`answered ${response.status}`);
  const document = documentSchema.safeParse(await response.json().catch(() => undefined));
  if (!document.success) throw badAnswer('answered something else than its configuration: is KEYCLOAK_URL a Keycloak?');
  return toEndpoints(document.data, { url, publicUrl, realm });
}

function toEndpoints(
  document: z.output<typeof documentSchema>,
  { url, publicUrl, realm }: Omit<DiscoveryOptions, 'fetch'>,
): RealmEndpoints {
  const issuer = realmAddress(publicUrl, realm);
  if (document.issuer !== issuer) {
    throw misconfigured(
      `Keycloak calls itself ${document.issuer.slice(0, 200)}, but KEYCLOAK_PUBLIC_URL makes it ${issuer}; set KC_HOSTNAME in Keycloak, or KEYCLOAK_PUBLIC_URL here`,
    );
  }
  const algorithms = document.id_token_signing_alg_values_supported.filter((name) => ALGORITHMS.includes(name));
  if (algorithms.length === 0)
    throw misconfigured(
      `Keycloak offers no public-key signature for tokens: give the realm ${realm} a key for one of ${ALGORITHMS.join(', ')}`,
    );
  // Keycloak may name every address by its public host. We call the one that was configured for us.
  const at = (base: string, endpoint: string): string => {
    const { pathname } = new URL(endpoint);
    const inPath = realmAddress('', realm);
    return `${base}${inPath}${pathname.slice(pathname.indexOf(inPath) + inPath.length)}`;
  };
  return {
    issuer,
    algorithms,
    authorization: at(publicUrl, document.authorization_endpoint),
    endSession: at(publicUrl, document.end_session_endpoint),
    token: at(url, document.token_endpoint),
    jwks: at(url, document.jwks_uri),
    callbackNamesIssuer: document.authorization_response_iss_parameter_supported ?? false,
  };
}

const misconfigured = (reason: string): ByokError => new ByokError('directory_misconfigured', { reason });
