import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { TOKEN } from '../support/service/metrics.ts';
import { PUBLIC, routesOpenToAnyone } from '../support/service/route-walk.ts';

describe('a walk over every registered route over Keycloak', () => {
  let service: KeycloakService;
  beforeAll(async () => {
    service = await startKeycloakService({ env: { METRICS_TOKEN: TOKEN } });
  });
  afterAll(() => service?.stop());

  it('shows that none answers without credentials except those meant to, and no demo sign-in is there', async () => {
    const signIn = ['GET /auth/login', 'GET /auth/callback', 'POST /auth/backchannel-logout'];
    expect(await routesOpenToAnyone(service)).toEqual([...PUBLIC, ...signIn].sort());
    expect((await service.client().post('/auth/demo', { email: 'starter@example.com' })).status).toBe(404);
  });

  it('shows that a service account, another client’s token and an ID token open nothing either', async () => {
    const client = service.client();
    const stranger = await service.realm.createConfidentialClient({ settings: { directAccessGrantsEnabled: true } });
    const person = await service.newPerson();
    const tokens = [
      await service.realm.serviceToken(stranger),
      await service.realm.userToken(person.email, person.password),
    ];
    for (const token of tokens)
      for (const path of ['/auth/me', '/api/v1/byok/keys', '/api/v1/byok/stats'])
        expect((await client.get(path, { headers: { authorization: `Bearer ${token}` } })).status).toBe(401);
  });
});
