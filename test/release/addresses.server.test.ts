// Whose address it is, over Keycloak: verified or not, and two accounts with one.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { startReplica } from '../support/service/replica.ts';

const KEY = 'sk-0123456789abcdef';
const CLI = new URL('../../src/cli.ts', import.meta.url).pathname;

describe('an address in Keycloak', () => {
  let service: KeycloakService;
  let all: ApiClient;
  beforeAll(async () => {
    service = await startKeycloakService();
    all = await service.withRoles('byok-resolve', 'byok-usage', 'byok-tier');
    await service.realm.admin('PUT', '', { duplicateEmailsAllowed: true, loginWithEmailAllowed: false });
  });
  afterAll(() => service?.stop());

  const person = async (changes: object) => {
    const made = await service.newPerson();
    const { body } = await service.realm.admin('GET', `/users/${made.id}`);
    await service.realm.putUser(made.id, { ...(body as object), ...changes });
    const browser = await service.platformClient({ sub: made.id, email: made.email });
    expect((await browser.post(`${API}/keys/add`, { provider: 'openai', key: KEY })).status).toBe(200);
    return made;
  };
  const resolve = (user: object) => all.post('/keys/resolve', { user, provider: 'openai', system_fallback: true });
  const doctor = async (env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor', '--json'], {
      env: { PATH: process.env.PATH, ...service.env, ...env },
    }).catch((error: { stdout: string }) => error);
    const findings = JSON.parse(stdout) as { subject: string; message: string }[];
    return findings.map(({ subject, message }) => `${subject}: ${message}`).join('\n');
  };

  it('does not say whose it is where nobody has verified it, and an id does', async () => {
    expect(await doctor()).toContain('Users: every address is verified');
    const { id, email } = await person({ emailVerified: false });
    const refused = await resolve({ email });
    expectProblem(refused, 404, 'key_not_released');
    expect(refused.body).toMatchObject({ reason: 'email_unverified' });
    expect((await resolve({ id })).body).toMatchObject({ api_key: KEY, user_id: id });
    const path = `/users/${encodeURIComponent(email)}`;
    expectProblem(await all.get(`${path}/tier`), 403, 'email_unverified');
    expectProblem(await all.post(`${path}/usage/increment`), 403, 'email_unverified');
    const byAddress = await service.platformClient({ email });
    expectProblem(await byAddress.get(`${API}/keys`), 403, 'email_unverified');
    expect(await doctor()).toContain(
      'Users: 1 account has an address that nobody has verified, so that services do not',
    );
    const accepting = { BYOK_REQUIRE_VERIFIED_EMAIL: 'false' };
    expect(await doctor(accepting)).toContain('nobody has verified, and still identify people by it');
    const lenient = await startReplica(service, accepting);
    try {
      expect(lenient.logs.join('')).toContain('addresses that nobody has verified identify people');
      const ask = { user: { email }, provider: 'openai' };
      const bearer = await service.realm.serviceToken(await rolesClient());
      const answer = await lenient.serviceClient(bearer).post('/keys/resolve', ask);
      expect(answer.body).toMatchObject({ api_key: KEY, user_id: id });
      expect((answer.body as { max_age_seconds: number }).max_age_seconds).toBeLessThanOrEqual(5);
    } finally {
      await lenient.stop();
    }
  });

  it('is nobody else’s, whose address differs by a letter that only JavaScript makes small', async () => {
    const sharedPart = `x${Date.now()}`;
    const people: { id: string; email: string; key: string }[] = [];
    for (const [n, letter] of ['\u2C5F', '\u2C2F'].entries()) {
      const email = `${sharedPart}${letter}@example.com`;
      const { id } = await person({ email, emailVerified: true });
      const key = `sk-0123456789abcdef-${n}`;
      const browser = await service.platformClient({ sub: id });
      expect((await browser.post(`${API}/keys/add`, { provider: 'openai', key })).status).toBe(200);
      people.push({ id, email: ((await browser.get('/auth/me')).body as { email: string }).email, key });
    }
    expect(new Set(people.map(({ email }) => email)).size).toBe(2);
    for (const { id, email, key } of [...people, ...people])
      expect((await resolve({ email })).body).toMatchObject({ user_id: id, api_key: key });
    for (const { id, email } of people) {
      const byAddress = await service.platformClient({ email });
      expect((await byAddress.get('/auth/me')).body).toMatchObject({ id });
    }
  });

  it('that two accounts have belongs to neither', async () => {
    const { id, email } = await person({});
    await service.realm.createUser({ email, username: `twin-of-${id}` });
    const refused = await resolve({ email });
    expectProblem(refused, 404, 'key_not_released');
    expect(refused.body).toMatchObject({ reason: 'email_ambiguous' });
    expect((await resolve({ id })).body).toMatchObject({ api_key: KEY, user_id: id });
    expectProblem(await all.get(`/users/${encodeURIComponent(email)}/tier`), 409, 'email_ambiguous');
    const event = { provider: 'openai', tokens_used: 1, cost_usd: '0.1' };
    const batch = {
      events: [
        { ...event, user: { email } },
        { ...event, user: { id } },
      ],
    };
    expect((await all.post('/usage', batch)).body).toMatchObject({
      results: [{ reason: 'email_ambiguous' }, { status: 'recorded' }],
    });
  });

  async function rolesClient() {
    const client = await service.realm.createConfidentialClient();
    await service.realm.grantClientRoles(client.clientId, 'ops-center', ['byok-resolve']);
    return client;
  }
});
