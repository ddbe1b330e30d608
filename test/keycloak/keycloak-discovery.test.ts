import { describe, expect, it } from 'vitest';
import { createDiscovery } from '../../src/keycloak/keycloak-discovery.ts';
import { ByokError } from '../../src/shared/errors.ts';

const URLS = { url: 'http://keycloak:8080', publicUrl: 'https://auth.example.test' };

function documentOf(realm: string, changes: object = {}) {
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
const answering = (...answers: (() => Response)[]) => {
  const asked: string[] = [];
  const fetch = async (url: string): Promise<Response> => {
    asked.push(url);
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
    expect(asked).toEqual([`http://keycloak:8080${path}/.well-known/openid-configuration`]);
    expect(realm).toMatchObject({
      issuer: `https://auth.example.test${path}`,
      authorization: `https://auth.example.test${path}/protocol/openid-connect/auth`,
      endSession: `https://auth.example.test${path}/protocol/openid-connect/logout`,
      token: `http://keycloak:8080${path}/protocol/openid-connect/token`,
      jwks: `http://keycloak:8080${path}/protocol/openid-connect/certs`,
    });
  });
});
