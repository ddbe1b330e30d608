// Requests shaped as the clients of the old service send them, over real Keycloak and Redis.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KeycloakService, type Person, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { type FakeProviders, startFakeProviders } from '../support/providers/fake-providers.ts';
import { providerEnv } from '../support/providers/provider-env.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { expectProblem } from '../support/service/problem.ts';

const KEY = { provider: 'openai', key: 'sk-good-0123456789abcdef-5678' };

describe('clients of the old service', () => {
  let fakes: FakeProviders;
  let service: KeycloakService;
  let person: Person;
  let client: ApiClient;
  beforeAll(async () => {
    fakes = await startFakeProviders();
    service = await startKeycloakService({ env: providerEnv(fakes) });
    person = await service.newPerson();
    client = await service.platformClient({ sub: person.id, email: person.email, preferred_username: 'ada' });
  });
  afterAll(async () => {
    await service?.stop();
    await fakes?.close();
  });

  it.each(['session', 'session_token'] as const)(
    'are signed in by the platform’s session in the cookie %s',
    async (cookie) => {
      const bySub = await service.platformClient({ sub: person.id }, cookie);
      const byEmail = await service.platformClient({ email: person.email.toUpperCase(), name: 'Ada' }, cookie);
      for (const one of [bySub, byEmail])
        expect((await one.get('/auth/me')).body).toMatchObject({
          id: person.id,
          email: person.email,
          tier: 'starter',
          roles: [],
        });
    },
  );

  it('are not signed in by a session of nobody, of someone deleted, or by one that is gone', async () => {
    const gone = await service.newPerson();
    await service.realm.deleteUser(gone.id);
    const strangers = [{}, { sub: 'nobody' }, { email: 'nobody@example.com' }, { sub: gone.id }, { sub: '../users' }];
    for (const user of strangers) {
      const reply = await (await service.platformClient(user)).get(`${API}/keys`);
      expectProblem(reply, 401, 'not_authenticated');
      expect(reply.detail).toBe('Not authenticated');
    }
    const stranger = service.client();
    stranger.cookies.set('session_token', 'made-up');
    expectProblem(await stranger.get(`${API}/keys`), 401, 'not_authenticated');
  });

  it('bust caches with a query on each call', async () => {
    const query = '?_t=1700000000000';
    expect((await client.post(`${API}/keys/add${query}`, KEY)).status).toBe(200);
    for (const path of ['/providers', '/keys', '/stats'])
      expect((await client.get(`${API}${path}${query}&x[]=1&y`)).status).toBe(200);
    expect((await client.post(`${API}/keys/test/openai${query}`)).body).toMatchObject({
      status: 'valid',
      success: true,
    });
    expect((await client.delete(`${API}/keys/openai${query}`)).body).toMatchObject({ removed: true });
  });

  it.each<[string, Record<string, string>, string | undefined]>([
    ['no body and no content type', {}, undefined],
    ['an empty JSON body, as axios sends it', { 'content-type': 'application/json' }, ''],
    ['JSON in a charset', { 'content-type': 'application/json; charset=utf-8' }, ''],
    [
      'a form without fields, as jQuery and curl -d "" send it',
      { 'content-type': 'application/x-www-form-urlencoded' },
      '',
    ],
    ['plain text without text', { 'content-type': 'text/plain;charset=UTF-8' }, ''],
    ['a length of nought', { 'content-length': '0' }, undefined],
    ['null in JSON', { 'content-type': 'application/json' }, 'null'],
  ])('test and delete with %s', async (_title, headers, body) => {
    await client.post(`${API}/keys/add`, KEY);
    const sent = body === undefined ? { headers } : { headers, body };
    expect(await client.send('POST', `${API}/keys/test/openai`, sent)).toMatchObject({
      status: 200,
      body: {
        provider: 'openai',
        provider_name: 'OpenAI',
        success: true,
        status: 'valid',
        message: 'OpenAI accepts the key.',
        details: { status_code: 200, reason: 'ok' },
      },
    });
    expect(await client.send('DELETE', `${API}/keys/openai`, sent)).toMatchObject({
      status: 200,
      body: { message: 'API key removed successfully', provider: 'openai', removed: true },
    });
  });

  it('send the optional fields of an add as null or empty', async () => {
    for (const empty of [null, '', ' '])
      expect((await client.post(`${API}/keys/add`, { ...KEY, label: empty, endpoint: empty })).status).toBe(200);
    expect((await client.get(`${API}/keys`)).body).toMatchObject([{ label: 'OpenAI Key', endpoint: null }]);
    await client.delete(`${API}/keys/openai`);
  });

  it('show `detail` to people: it is a string in every refusal', async () => {
    const trial = await service.newPerson({ subscription_tier: ['free'] });
    const free = await service.platformClient({ sub: trial.id });
    const details = [
      (await service.client().get(`${API}/keys`)).detail,
      (await free.post(`${API}/keys/add`, KEY)).detail,
      (await client.delete(`${API}/keys/nope`)).detail,
      (await client.post(`${API}/keys/test/groq`)).detail,
      (await client.post(`${API}/keys/add`, { provider: 'openai', key: 'short' })).detail,
    ];
    expect(details).toEqual([
      'Not authenticated',
      'Storing API keys needs the starter tier or above; yours is free.',
      'Invalid provider',
      'No API key is stored for this provider. Add one first.',
      'The key must have at least 10 characters.',
    ]);
  });

  it('are refused while their account is disabled, though the platform’s session lives on', async () => {
    const disabled = await service.newPerson();
    const session = await service.platformClient({ sub: disabled.id });
    const { username, email, firstName, lastName } = await service.realm.getUser(disabled.id);
    await service.realm.putUser(disabled.id, { username, email, firstName, lastName, enabled: false });
    for (const path of ['/keys', '/providers', '/stats'])
      expectProblem(await session.get(`${API}${path}`), 403, 'account_disabled');
    expectProblem(await session.post(`${API}/keys/add`, KEY), 403, 'account_disabled');
  });

  it.each<[string, Record<string, readonly string[]>, string, boolean]>([
    ['no tier', { subscription_tier: [] }, 'trial', false],
    ['two tiers, as a race leaves them', { subscription_tier: ['enterprise', 'free'] }, 'trial', false],
    ['a tier that nobody knows', { subscription_tier: ['platinum'] }, 'platinum', false],
    [
      'a cancelled subscription',
      { subscription_tier: ['enterprise'], subscription_status: ['cancelled'] },
      'trial',
      false,
    ],
    ['a trialing subscription', { subscription_tier: ['starter'], subscription_status: ['trialing'] }, 'starter', true],
    ['a tier of the live system', { subscription_tier: ['vip_founder'] }, 'vip_founder', true],
  ])('with %s store keys only where the tier allows it', async (_title, attributes, tier, allowed) => {
    const one = await service.newPerson(attributes);
    const session = await service.platformClient({ sub: one.id });
    const reply = await session.post(`${API}/keys/add`, KEY);
    expect(reply.status).toBe(allowed ? 200 : 403);
    if (!allowed) expect(reply.body).toMatchObject({ required_tier: 'starter', current_tier: tier });
    expect((await session.get(`${API}/stats`)).body).toMatchObject({
      user_tier: tier,
      configured_providers: allowed ? 1 : 0,
    });
  });
});
