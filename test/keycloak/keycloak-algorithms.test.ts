// What tokens may be signed with, from what the realm offers to the signature. A real Keycloak: keycloak-algorithms.server.test.ts.
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createDiscovery } from '../../src/keycloak/keycloak-discovery.ts';
import { createKeycloakTokens } from '../../src/keycloak/keycloak-tokens.ts';
import { documentOf, URLS } from './realm-document.ts';
import { CLIENT_ID, personClaims } from './signed-tokens.ts';

const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const OTHERS = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

interface Pair {
  readonly secret: JWK;
  readonly open: JWK;
}

describe('a token signed with', () => {
  // RSA keys take long to make: the six have one.
  let rsa: Pair;
  beforeAll(async () => {
    rsa = await makePair('RS256');
  });

  async function makePair(alg: string): Promise<Pair> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
    return { secret: await exportJWK(privateKey), open: await exportJWK(publicKey) };
  }
  async function signed(alg: string, { secret }: Pair): Promise<string> {
    return new SignJWT(personClaims()).setProtectedHeader({ alg, kid: 'one' }).sign(await importJWK(secret, alg));
  }
  function verifier(offered: readonly string[], { open }: Pair) {
    const document = documentOf('people', { id_token_signing_alg_values_supported: offered });
    return createKeycloakTokens({
      clientId: CLIENT_ID,
      allowedClients: [],
      onRefusedClient: () => undefined,
      realm: createDiscovery({ ...URLS, realm: 'people', fetch: async () => Response.json(document) }),
      fetch: async () => Response.json({ keys: [{ ...open, kid: 'one', use: 'sig' }] }),
    });
  }

  it.each([...RSA, ...OTHERS])(
    '%s is taken where the realm offers that, and not where it offers another',
    async (alg) => {
      const pair = RSA.includes(alg) ? rsa : await makePair(alg);
      const token = await signed(alg, pair);
      await expect(verifier([alg], pair).verifyAccessToken(token)).resolves.toMatchObject({ userId: 'user-1' });
      const another = alg === 'RS256' ? 'ES256' : 'RS256';
      await expect(verifier([another], pair).verifyAccessToken(token)).rejects.toMatchObject({
        code: 'not_authenticated',
      });
    },
  );

  it('the client’s own secret is not taken, though the realm offers that', async () => {
    const token = await signed('HS256', {
      secret: { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0' },
      open: {},
    });
    await expect(verifier(['HS256', 'none', 'RS256'], rsa).verifyAccessToken(token)).rejects.toMatchObject({
      code: 'not_authenticated',
    });
  });
});
