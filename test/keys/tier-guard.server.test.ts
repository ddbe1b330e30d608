// The tier on the wire, over the embedded default and over Keycloak: turning a key off alone is free, whatever comes with it
// is not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

const KEY = 'sk-0123456789abcdef5678';
const NEW_KEY = 'sk-abcdefghijklmnopqrst';
const ENDPOINT = 'https://llm.example.com/v1';

interface World {
  readonly service: RunningService;
  /** Signed in, on the Starter tier. */
  readonly person: ApiClient;
  readonly email: string;
  /** May set tiers. */
  readonly tiers: ApiClient;
}

async function embedded(): Promise<World> {
  const service = await startService();
  const tiers = service.serviceClient(await newServiceTokenFor(service, { scopes: ['tier'] }));
  return { service, person: await demoClient(service, 'starter'), email: 'starter@example.com', tiers };
}

async function overKeycloak(): Promise<World> {
  const service: KeycloakService = await startKeycloakService();
  const { id, email } = await service.newPerson();
  const person = await service.platformClient({ sub: id });
  return { service, person, email, tiers: await service.withRoles('byok-tier') };
}

describe.each([
  ['the embedded default', embedded],
  ['Keycloak', overKeycloak],
] as const)('over %s, a person whose tier was lost', (_where, start) => {
  let world: World;
  beforeAll(async () => {
    world = await start();
    const { person, tiers, email } = world;
    expect(await person.post(`${API}/keys/add`, { provider: 'openai', key: KEY })).toMatchObject({ status: 200 });
    const set = await tiers.send('PUT', `/users/${email}/tier`, { json: { tier: 'trial' } });
    expect(set).toMatchObject({ status: 200 });
  });
  afterAll(() => world?.service.stop());
  const attributes = async () => (await world.service.core.directory.findByEmail(world.email))?.attributes;

  async function refused(method: string, path: string, json: object): Promise<void> {
    const before = await attributes();
    const reply = await world.person.send(method, `${API}/keys/${path}`, { json });
    expectProblem(reply, 403, 'tier_required');
    expect(reply.body).toMatchObject({ required_tier: 'starter', current_tier: 'trial' });
    expect(await attributes()).toEqual(before);
  }

  it.each([
    { enabled: false, key: NEW_KEY },
    { enabled: false, label: 'Mine' },
    { enabled: false, label: '' },
    { enabled: false, endpoint: null },
    { enabled: false, endpoint: '' },
    { enabled: false, endpoint: ENDPOINT },
    { enabled: false, key: NEW_KEY, endpoint: ENDPOINT },
    { enabled: false, key: NEW_KEY, label: 'Mine' },
    { enabled: true },
    { enabled: true, key: NEW_KEY },
    { key: NEW_KEY },
    { label: 'Mine' },
  ])('changes nothing with PATCH %j', (json) => refused('PATCH', 'openai', json));

  it.each([
    { provider: 'openai', key: NEW_KEY, enabled: false },
    { provider: 'groq', key: 'gsk_0123456789abcdef', enabled: false },
    { provider: 'openai', key: NEW_KEY, enabled: false, label: 'Mine' },
    { provider: 'openai', key: NEW_KEY, enabled: false, endpoint: ENDPOINT },
    { provider: 'openai', key: NEW_KEY },
  ])('adds nothing with POST %j', (json) => refused('POST', 'add', json));

  it('turns its key off, also with fields that mean nothing, and deletes it', async () => {
    const { person } = world;
    const off = await person.patch(`${API}/keys/openai`, { enabled: false, tier: 'enterprise' });
    expect(off).toMatchObject({ status: 200, body: { enabled: false, key_preview: 'sk-0123...5678' } });
    expect(await person.delete(`${API}/keys/openai`)).toMatchObject({ status: 200, body: { removed: true } });
  });
});
