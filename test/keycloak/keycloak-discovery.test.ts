import { describe, expect, it } from 'vitest';
import { createDiscovery } from '../../src/keycloak/keycloak-discovery.ts';
import type { KeycloakFetch } from '../../src/keycloak/keycloak-fetch.ts';
import { ByokError } from '../../src/shared/errors.ts';
import { documentOf, URLS } from './realm-document.ts';

const answering = (...answers: (() => Response)[]) => {
  const asked: string[] = [];
  const fetch: KeycloakFetch = async (url, { method }) => {
    asked.push(`${method} ${url}`);
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    if (answer === undefined) throw new TypeError('no answer');
    return answer();
  };
  return { asked, fetch };
};

describe('discovery of a realm', () => {
  it('that failed is tried again, whatever the failure was, and then kept', async () => {
    const failures = [
      () => {
        throw new ByokError('directory_unavailable');
      },
      () => new Response('<html>', { status: 200 }),
      () => new Response('', { status: 404 }),
      () => Response.json({ issuer: 'x' }),
      () => Response.json(documentOf('other')),
      () => Response.json(documentOf('people', { id_token_signing_alg_values_supported: ['HS256', 'none'] })),
    ];
    const { asked, fetch } = answering(...failures, () => Response.json(documentOf('people')));
    const discover = createDiscovery({ ...URLS, realm: 'people', fetch });
    for (const _failure of failures)
      await expect(discover()).rejects.toMatchObject({ code: expect.stringMatching(/^directory_/), status: 503 });
    await expect(discover()).resolves.toMatchObject({ issuer: 'https://auth.example.test/realms/people' });
    await discover();
    expect(asked).toHaveLength(failures.length + 1);
  });

  it.each<[string, string, () => Response]>([
    [
      'directory_misconfigured',
      'Keycloak has no realm people. Check KEYCLOAK_REALM',
      () => Response.json({}, { status: 404 }),
    ],
    // An answer in JSON is Keycloak's own, whatever its status.
    [
      'directory_unavailable',
      'Keycloak answered 203 (call: sign-in)',
      () => Response.json(documentOf('people'), { status: 203 }),
    ],
    [
      'directory_unavailable',
      'Keycloak answered something else than its configuration: is KEYCLOAK_URL a Keycloak? (call: sign-in)',
      () => Response.json({ issuer: 'x' }),
    ],
    [
      'directory_misconfigured',
      `Keycloak calls itself ${'x'.repeat(200)}, but KEYCLOAK_PUBLIC_URL makes it https://auth.example.test/realms/people; set KC_HOSTNAME in Keycloak, or KEYCLOAK_PUBLIC_URL here`,
      () => Response.json(documentOf('people', { issuer: 'x'.repeat(300) })),
    ],
    [
      'directory_misconfigured',
      'Keycloak offers no public-key signature for tokens: give the realm people a key for one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
      () => Response.json(documentOf('people', { id_token_signing_alg_values_supported: ['HS256'] })),
    ],
  ])('that failed is %s, and the log says why: %s', async (code, message, answer) => {
    const { fetch } = answering(answer);
    await expect(createDiscovery({ ...URLS, realm: 'people', fetch })()).rejects.toMatchObject({ code, message });
  });

  it('is one request for all who ask at once, and a failure is everybody’s', async () => {
    const { asked, fetch } = answering(
      () => new Response('', { status: 404 }),
      () => Response.json(documentOf('people')),
    );
    const discover = createDiscovery({ ...URLS, realm: 'people', fetch });
    const first = await Promise.allSettled([discover(), discover(), discover()]);
    expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await Promise.all([discover(), discover()]);
    expect(asked).toHaveLength(2);
  });

  it('takes what is signed with public keys of what the realm offers', async () => {
    const { fetch } = answering(() => Response.json(documentOf('people')));
    const { algorithms } = await createDiscovery({ ...URLS, realm: 'people', fetch })();
    expect(algorithms).toEqual(['ES384', 'RS256', 'EdDSA']);
  });

  it('spells a realm as Keycloak does, and asks each address at the host that reaches it', async () => {
    const { asked, fetch } = answering(() => Response.json(documentOf('Mein%20Bereich%20%C3%BC')));
    const realm = await createDiscovery({ ...URLS, realm: 'Mein Bereich ü', fetch })();
    const path = '/realms/Mein%20Bereich%20%C3%BC';
    expect(asked).toEqual([`GET http://keycloak:8080${path}/.well-known/openid-configuration`]);
    expect(realm).toMatchObject({
      issuer: `https://auth.example.test${path}`,
      authorization: `https://auth.example.test${path}/protocol/openid-connect/auth`,
      endSession: `https://auth.example.test${path}/protocol/openid-connect/logout`,
      token: `http://keycloak:8080${path}/protocol/openid-connect/token`,
      jwks: `http://keycloak:8080${path}/protocol/openid-connect/certs`,
    });
  });
});
