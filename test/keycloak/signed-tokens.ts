// Signs tokens as a realm does, so that a test can change one thing in a token that is right in everything else.
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import { createKeycloakTokens } from '../../src/keycloak/keycloak-tokens.ts';

export const ISSUER = 'https://auth.example.test/realms/people';
export const CLIENT_ID = 'ops-center';

type Options = Parameters<typeof createKeycloakTokens>[0];

interface SignOptions {
  /** Added to the header, or taken out where undefined. */
  readonly header?: object;
  readonly key?: JWK;
}

export const secondsNow = (): number => Math.floor(Date.now() / 1000);

/** Of an access token that is right. */
export const personClaims = (): JWTPayload => ({
  iss: ISSUER,
  iat: secondsNow(),
  exp: secondsNow() + 120,
  azp: CLIENT_ID,
  typ: 'Bearer',
  sid: 'session-1',
  sub: 'user-1',
});

export async function createSigner() {
  const pair = async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    return { secret: await exportJWK(privateKey), open: await exportJWK(publicKey) };
  };
  const [own, foreign] = await Promise.all([pair(), pair()]);
  const publicKey: JWK = { ...own.open, kid: 'one', alg: 'ES256', use: 'sig' };
  /** @param claims those that are undefined are left out. */
  const sign = async (claims: JWTPayload, { header = {}, key = own.secret }: SignOptions = {}): Promise<string> => {
    const payload = Object.entries(claims).filter(([, value]) => value !== undefined);
    return new SignJWT(Object.fromEntries(payload))
      .setProtectedHeader({ alg: 'ES256', kid: 'one', ...header })
      .sign(await importJWK(key, 'ES256'));
  };
  const realm = { issuer: ISSUER, jwks: 'https://auth.example.test/certs', algorithms: ['ES256'] };
  const verifier = (options: Partial<Options> = {}) =>
    createKeycloakTokens({
      clientId: CLIENT_ID,
      allowedClients: [],
      onRefusedClient: () => undefined,
      realm: async () => realm,
      fetch: async () => Response.json({ keys: [publicKey] }),
      ...options,
    });
  return { sign, verifier, realm, publicKey, foreignKey: foreign.secret, otherPublicKey: foreign.open };
}
