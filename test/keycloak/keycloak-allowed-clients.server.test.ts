import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partsOf } from '../support/keycloak/forged-token.ts';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { CLIENT } from '../support/keycloak/keycloak-test-realm.ts';
import { PEOPLES_CLIENT } from '../support/keycloak/person-tokens.ts';
import { requestToken } from '../support/servers/keycloak-admin-api.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';

const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;
const PERSON = { id: '', email: 'boss@example.com', password: 'a-password' };
const PUBLIC_CLIENT = 'newsletter-spa';

describe('access tokens of an administrator', () => {
  let service: KeycloakService;
  let elsewhere: string;
  beforeAll(async () => {
    service = await startKeycloakService();
    const { realm } = service;
    const id = await realm.createUser({
      email: PERSON.email,
      password: PERSON.password,
      firstName: 'B',
      lastName: 'Oss',
    });
    const [client] = (await realm.admin('GET', `/clients?clientId=${CLIENT.clientId}`)).body as { id: string }[];
    const role = (await realm.admin('GET', `/clients/${client?.id}/roles/byok-admin`)).body;
    await realm.admin('POST', `/users/${id}/role-mappings/clients/${client?.id}`, [role]);
    // As an administrator of Keycloak makes one: public, and nothing else changed.
    await realm.admin('POST', '/clients', {
      clientId: PUBLIC_CLIENT,
      publicClient: true,
      directAccessGrantsEnabled: true,
    });
    elsewhere = await tokenOf(PUBLIC_CLIENT);
  });
  afterAll(() => service?.stop());

  const tokenOf = async (clientId: string) =>
    String(
      (
        await requestToken(service.realm.url, {
          grant_type: 'password',
          client_id: clientId,
          username: PERSON.email,
          password: PERSON.password,
          scope: 'openid',
        })
      ).access_token,
    );
  const status = async (token: string, path: string, client: ApiClient = service.client()) =>
    (await client.send('GET', path, { headers: { authorization: `Bearer ${token}` } })).status;
  const ROUTES = ['/auth/me', '/auth/sessions', `${API}/keys`, `${API}/audit`, `${API}/admin/overview`];
  const lines = () =>
    service.logs
      .join('')
      .split('\n')
      .filter((line) => line.includes('KEYCLOAK_ALLOWED_CLIENTS'));
  const doctor = async (env = {}) => {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor'], {
      env: { PATH: process.env.PATH, ...service.env, ...env },
    }).catch((error: { stdout: string }) => error);
    return stdout.split('\n').filter((line) => line.includes('KEYCLOAK_ALLOWED_CLIENTS'));
  };

  it('open everything where they were made for a client that may', async () => {
    const token = await service.accessToken(PERSON);
    expect(partsOf(token).claims.azp).toBe(PEOPLES_CLIENT);
    for (const path of ROUTES) expect(await status(token, path), path).toBe(200);
  });

  it('open nothing where Keycloak made them for any other client, though it names us in the audience', async () => {
    const { claims } = partsOf(elsewhere);
    expect(claims).toMatchObject({
      azp: PUBLIC_CLIENT,
      resource_access: { [CLIENT.clientId]: { roles: ['byok-admin'] } },
    });
    expect([claims.aud].flat()).toContain(CLIENT.clientId);
    for (const path of ROUTES) expect(await status(elsewhere, path), path).toBe(401);
  });

  it('are said to be refused once, with what to set, and doctor lists their clients', async () => {
    for (let count = 0; count < 5; count += 1) await status(await tokenOf(PUBLIC_CLIENT), '/auth/me');
    expect(lines().filter((line) => line.includes('"client"'))).toEqual([expect.stringContaining(PUBLIC_CLIENT)]);
    await expect
      .poll(() => doctor())
      .toEqual([expect.stringMatching(/^! Database: .*the client newsletter-spa .*, last on 20/)]);
    await expect(doctor({ KEYCLOAK_ALLOWED_CLIENTS: `${PEOPLES_CLIENT}, ${PUBLIC_CLIENT}` })).resolves.toEqual([]);
  });

  it('never open the port of services, nor a service’s token that of people', async () => {
    const gateway = await service.withRoles('byok-resolve');
    const resolve = { user: { email: PERSON.email }, provider: 'openai' };
    expect((await gateway.post('/keys/resolve', resolve)).status).not.toBe(401);
    const asService = service.serviceClient(await service.accessToken(PERSON));
    expect((await asService.post('/keys/resolve', resolve)).status).toBe(401);
  });
});
