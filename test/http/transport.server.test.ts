import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBrowser } from '../support/keycloak/keycloak-browser.ts';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { freePort } from '../support/servers/server-process.ts';
import { API } from '../support/service/api-client.ts';
import { createTlsFiles, type TlsFiles } from '../support/service/tls-files.ts';

describe('in production, with TLS of its own, over Keycloak', () => {
  let tls: TlsFiles;
  let service: KeycloakService;
  beforeAll(async () => {
    tls = createTlsFiles();
    service = await startKeycloakService({
      tls,
      env: { NODE_ENV: 'production', INTERNAL_PORT: String(await freePort()), BASE_PATH: '/byok' },
    });
  });
  afterAll(async () => {
    await service?.stop();
    tls?.remove();
  });

  it('a person signs in over HTTPS, with cookies that only this host gets and only over TLS, and stores a key', async () => {
    const person = await service.newPerson();
    const client = service.client();
    const login = await client.get('/auth/login');
    const flags = 'Path=/; HttpOnly; Secure; SameSite=Lax';
    expect(login.headers['set-cookie']).toMatch(
      new RegExp(`^__Host-byok_sign_in_[\\w-]{11}=[\\w.-]+; Max-Age=600; ${flags}$`),
    );

    const browser = createBrowser();
    const page = await browser.visit(String(login.headers.location));
    const back = await browser.submitLogin(page, person.email, person.password, { follow: false });
    const callback = String(back.headers.location);
    expect(callback.startsWith(`${service.url}/auth/callback?`)).toBe(true);
    const answer = await client.get(callback.slice(service.url.length));
    expect(answer).toMatchObject({ status: 303, headers: { location: '/byok/' } });
    expect([answer.headers['set-cookie']].flat()).toContainEqual(
      expect.stringMatching(new RegExp(`^__Host-byok_session=[\\w-]{43}; ${flags}$`)),
    );

    expect((await client.get('/auth/me')).body).toMatchObject({ id: person.id, email: person.email });
    const added = await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' });
    expect(added.status).toBe(200);
    expect(added.headers['strict-transport-security']).toBe('max-age=31536000');
  });
});
