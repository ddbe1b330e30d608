import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { createCanaries, findCanaries } from '../support/service/canaries.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';
import { type Administration, startAdministration, type Users } from './administration.ts';

let service: RunningService;
let admin: ApiClient;
let find: Administration['find'];
let idOf: Administration['idOf'];
let rows: Administration['rows'];
beforeAll(async () => {
  ({ service, admin, find, idOf, rows } = await startAdministration());
});
afterAll(() => service?.stop());

describe('the administrator’s calls about people', () => {
  const CALLS = [
    ['GET', '/admin/users?query=starter'],
    ['GET', '/admin/users/some-id/keys'],
    ['POST', '/admin/users/some-id/keys/openai/revoke'],
  ] as const;

  it.each(CALLS)('%s %s is for administrators only; a refusal is a row about nobody', async (method, path) => {
    expect((await service.client().send(method, `${API}${path}`)).status).toBe(401);
    const reply = await (await demoClient(service, 'professional')).send(method, `${API}${path}`);
    expectProblem(reply, 403, 'admin_required');
    const [row] = await rows(method === 'GET' ? 'admin.read' : 'admin.revoke');
    expect(row).toMatchObject({ outcome: 'refused', reason: 'admin_required', subject: null });
  });
});

describe('GET /admin/users', () => {
  it('finds people by a part of an email address or a name, or by their id', async () => {
    const reply = await find('STARTER@');
    expect(reply).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    const [starter] = (reply.body as Users).items;
    expect(reply.body).toEqual({
      items: [
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          email: 'starter@example.com',
          name: 'Demo Starter',
          enabled: true,
          tier: 'starter',
          keys: 0,
        },
      ],
      next_cursor: null,
    });
    for (const query of ['demo starter', ' arter ', String(starter?.id)])
      expect((await find(query)).body).toMatchObject({ items: [starter] });
    for (const query of ['%', '_', '*', 'starter@example.com.org'])
      expect((await find(query)).body).toEqual({ items: [], next_cursor: null });
  });

  it('gives pages that follow one another', async () => {
    const emails: string[] = [];
    let cursor = '';
    for (let pages = 1; ; pages++) {
      const { items, next_cursor } = (await find('example.com', `&limit=3${cursor}`)).body as Users;
      emails.push(...items.map(({ email }) => email));
      if (next_cursor === null) {
        expect(pages).toBe(2);
        break;
      }
      cursor = `&cursor=${next_cursor}`;
    }
    expect(emails).toEqual(['enterprise', 'professional', 'starter', 'trial'].map((tier) => `${tier}@example.com`));
  });

  it('is a row each time, without what was asked for', async () => {
    await find('a-rather-special-query');
    const found = await rows('admin.read');
    expect(found[0]).toMatchObject({ outcome: 'ok', subject: null, details: { what: 'users' } });
    expect(JSON.stringify(found)).not.toContain('special');
  });

  it.each(['', 'query=', 'query=%20', 'query=%00', 'query=a%0ab', `query=${'a'.repeat(321)}`, 'query=a&limit=0'])(
    'refuses ?%s',
    async (query) => {
      expectProblem(await admin.get(`${API}/admin/users?${query}`), 422, 'validation_failed');
    },
  );
  it.each(['query=a&limit=51', 'query=a&cursor=-1', 'query=a&cursor=zzzzzz'])('refuses ?%s', async (query) => {
    expectProblem(await admin.get(`${API}/admin/users?${query}`), 422, 'validation_failed');
  });
});

describe('a person’s keys, as an administrator sees them', () => {
  it('are listed with their state and last use, and with nothing of the keys, their labels or endpoints', async () => {
    const owner = await demoClient(service, 'starter');
    const canaries = createCanaries(8);
    for (const { provider, key } of canaries) {
      const added = await owner.post(`${API}/keys/add`, {
        provider,
        key,
        label: 'quite private',
        endpoint: 'https://llm.private.example/v1',
      });
      expect(added.status).toBe(200);
    }
    const own = (await owner.get(`${API}/keys`)).body as { key_preview: string }[];
    const program = service.serviceClient(await newServiceTokenFor(service));
    await program.post('/keys/resolve', { user: { email: 'starter@example.com' }, provider: 'openai' });
    await owner.patch(`${API}/keys/groq`, { enabled: false });
    const id = await idOf('starter');
    const seen = [
      await find('starter'),
      await admin.get(`${API}/admin/users/${id}/keys`),
      await admin.get(`${API}/admin/overview`),
    ];
    expect(seen[1]?.body).toEqual({
      user: { id, email: 'starter@example.com', name: 'Demo Starter', enabled: true, tier: 'starter' },
      items: canaries.map(({ provider }) => ({
        provider,
        provider_name: expect.any(String),
        added_date: expect.stringMatching(/Z$/),
        last_tested: null,
        test_status: null,
        test_reason: null,
        enabled: provider !== 'groq',
        state: 'usable',
        last_used_at: provider === 'openai' ? expect.stringMatching(/Z$/) : null,
        last_used_by: provider === 'openai' ? expect.stringMatching(/^token:/) : null,
      })),
      next_cursor: null,
    });
    expect(seen[0]?.body).toMatchObject({ items: [{ keys: 8 }] });
    seen.push(await admin.post(`${API}/admin/users/${id}/keys/cohere/revoke`));
    seen.push(await admin.get(`${API}/admin/audit?limit=200`));
    const text = JSON.stringify(seen.map(({ headers, text }) => [headers, text]));
    expect(findCanaries(canaries, text)).toEqual([]);
    for (const { key_preview: preview } of own) {
      expect(preview).toContain('...');
      expect(text).not.toContain(preview);
    }
    expect(text).not.toMatch(/quite private|llm\.private|gAAAA/);
    expect((await rows('admin.read')).filter(({ details }) => JSON.stringify(details).includes('keys'))).toMatchObject([
      { outcome: 'ok', subject: id, details: { what: 'keys' } },
    ]);
  });

  it('of somebody who does not exist are not found', async () => {
    for (const id of ['nobody', '00000000-0000-4000-8000-000000000000', 'a%2Fb', '..%2Fusers'])
      expectProblem(await admin.get(`${API}/admin/users/${id}/keys`), 404, 'user_not_found');
    expectProblem(await admin.get(`${API}/admin/users/${'a'.repeat(256)}/keys`), 422, 'validation_failed');
    expectProblem(await admin.get(`${API}/admin/users/%00/keys`), 422, 'validation_failed');
  });
});
