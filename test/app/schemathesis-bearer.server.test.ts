import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBrowser } from '../support/keycloak/keycloak-browser.ts';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { CLIENT } from '../support/keycloak/keycloak-test-realm.ts';
import { sized } from '../support/proof.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { freePort } from '../support/servers/server-process.ts';
import { answeredStatuses, neverSucceeded, runSchemathesis } from '../support/service/schemathesis.ts';

describe('schemathesis on Keycloak, signed in with an access token', () => {
  let fakes: FakeProviders;
  let service: KeycloakService;
  beforeAll(async () => {
    fakes = await startFakeProviders();
    service = await startKeycloakService({
      env: { ...providerEnv(fakes), INTERNAL_PORT: String(await freePort()) },
    });
  });
  afterAll(async () => {
    await service?.stop();
    await fakes?.close();
  });

  /** Some calls are for administrators only. */
  async function makeAdmin({ id }: Person): Promise<void> {
    const { admin } = service.realm;
    const [client] = (await admin('GET', `/clients?clientId=${CLIENT.clientId}`)).body as { id: string }[];
    const role = (await admin('GET', `/clients/${client?.id}/roles/byok-admin`)).body;
    await admin('POST', `/users/${id}/role-mappings/clients/${client?.id}`, [role]);
  }

  /** What nobody can make up: a sign-in at Keycloak, an end of its session, and Keycloak's word that it has signed out. */
  async function signInAndOut({ email, password }: Person): Promise<void> {
    const browser = createBrowser();
    const page = await browser.visit(`${service.url}/auth/login?return_to=/auth/sessions`);
    const list = await browser.submitLogin(page, email, password);
    const { items } = JSON.parse(list.body) as { items: { id: string }[] };
    const other = createBrowser();
    await other.submitLogin(await other.visit(`${service.url}/auth/login`), email, password);
    await other.visit(`${service.url}/auth/sessions/${items[0]?.id}`, { method: 'DELETE' });
    await other.visit(`${service.url}/auth/logout`, { form: {} });
  }

  it('finds no error 5xx and no answer that the description does not allow, and sees every operation succeed', async () => {
    const person = await service.newPerson();
    await makeAdmin(person);
    await signInAndOut(person);
    const { status, output } = await runSchemathesis(service, {
      examples: sized({ sample: 7, proof: 20 }),
      // The same requests as on the embedded default, where `npm test` makes them all.
      edges: sized({ sample: false, proof: true }),
      token: await service.accessToken(person),
    });
    expect(output).toContain('Tested: ');
    expect(status, output).toBe(0);
    expect(await neverSucceeded(service)).toEqual([]);
    const all = [...answeredStatuses(service).values()].flatMap((statuses) => [...statuses]);
    expect(all.filter((one) => one >= 500)).toEqual([]);
  }, 900_000);
});
