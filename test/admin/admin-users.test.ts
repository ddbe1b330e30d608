import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { API, type ApiClient, type Reply } from '../support/service/api-client.ts';
import { createCanaries, findCanaries } from '../support/service/canaries.ts';
import { expectProblem } from '../support/service/problem.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';
import { newServiceTokenFor } from '../support/service/service-token.ts';

interface Users {
  readonly items: { readonly id: string; readonly email: string }[];
  readonly next_cursor: string | null;
}
interface Row {
  readonly action: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly provider: string | null;
  readonly subject: string | null;
  readonly details: object | null;
}

let service: RunningService;
let admin: ApiClient;
beforeAll(async () => {
  service = await startService({ CACHE_TTL_SECONDS: '1' });
  admin = await demoClient(service, 'enterprise');
});
afterAll(() => service?.stop());

const find = (query: string, more = ''): Promise<Reply> =>
  admin.get(`${API}/admin/users?query=${encodeURIComponent(query)}${more}`);
const idOf = async (tier: string): Promise<string> => ((await find(`${tier}@`)).body as Users).items[0]?.id ?? 'nobody';
/** Newest first, without the looks at the log itself. */
const rows = async (action: string): Promise<Row[]> => {
  const { items } = (await admin.get(`${API}/admin/audit?limit=200&action=${action}`)).body as { items: Row[] };
  return items.filter(({ details }) => !JSON.stringify(details).includes('audit'));
};
const brief = ({ outcome, reason, provider, subject, details }: Row) => ({
  outcome,
  reason,
  provider,
  subject,
  details,
});
const setEnabled = (tier: string, enabled: boolean) =>
  service.core.database.db
    .updateTable('embedded_users')
    .set({ enabled })
    .where('email', '=', `${tier}@example.com`)
    .execute();

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

describe('POST /admin/users/{id}/keys/{provider}/revoke', () => {
  it('removes the key for its owner, who sees that at once, and says when there was none', async () => {
    const owner = await demoClient(service, 'professional');
    const id = await idOf('professional');
    await owner.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' });
    await owner.post(`${API}/keys/add`, { provider: 'groq', key: 'gsk_0123456789abcdef' });
    const revoke = (body?: object) => admin.post(`${API}/admin/users/${id}/keys/openai/revoke`, body);
    const done = { message: 'API key removed successfully', provider: 'openai' };
    expect(await revoke()).toMatchObject({ status: 200, body: { ...done, removed: true } });
    expect(await revoke({})).toMatchObject({ status: 200, body: { ...done, removed: false } });
    expect((await owner.get(`${API}/keys`)).body).toMatchObject([{ provider: 'groq' }]);
    const row = { reason: null, provider: 'openai', subject: id, outcome: 'ok' };
    expect((await rows('admin.revoke')).map(brief).slice(0, 2)).toEqual([
      { ...row, details: { removed: false } },
      { ...row, details: { removed: true } },
    ]);
    const { items } = (await owner.get(`${API}/audit?action=admin.revoke&outcome=ok`)).body as { items: object[] };
    expect(items).toMatchObject([{ actor: { id: null } }, { actor: { id: null } }]);
  });

  it('works for somebody who is disabled', async () => {
    const owner = await demoClient(service, 'professional');
    await owner.post(`${API}/keys/add`, { provider: 'cohere', key: 'key-0123456789abcdef' });
    const id = await idOf('professional');
    await setEnabled('professional', false);
    try {
      expect((await find('professional')).body).toMatchObject({ items: [{ enabled: false }] });
      expect((await admin.get(`${API}/admin/users/${id}/keys`)).body).toMatchObject({ user: { enabled: false } });
      const reply = await admin.post(`${API}/admin/users/${id}/keys/cohere/revoke`);
      expect(reply.body).toMatchObject({ removed: true });
      expect((await find('professional')).body).toMatchObject({ items: [{ enabled: false }] });
    } finally {
      await setEnabled('professional', true);
    }
  });

  it('is a row where it is refused, too', async () => {
    const id = await idOf('trial');
    const before = (await rows('admin.revoke')).length;
    const path = (who: string, provider = 'openai') => `${API}/admin/users/${who}/keys/${provider}/revoke`;
    expectProblem(await admin.post(path('nobody')), 404, 'user_not_found');
    const cross = { headers: { 'sec-fetch-site': 'cross-site' } };
    expectProblem(await admin.send('POST', path(id), cross), 403, 'cross_site_request');
    expectProblem(await admin.post(path(id, 'nothing')), 400, 'invalid_provider');
    const added = (await rows('admin.revoke')).map(brief).slice(0, -before);
    expect(added).toEqual([
      { outcome: 'refused', reason: 'cross_site_request', provider: 'openai', subject: id, details: null },
      { outcome: 'refused', reason: 'user_not_found', provider: 'openai', subject: null, details: null },
    ]);
  });

  it('is not done before the service is ready for changes', async () => {
    const lone = await startService();
    try {
      const client = await demoClient(lone, 'enterprise');
      lone.readiness.stop();
      const reply = await client.post(`${API}/admin/users/some-id/keys/openai/revoke`);
      expectProblem(reply, 503, 'not_ready');
    } finally {
      await lone.stop();
    }
  });

  it('is not for an administrator who was disabled after signing in', async () => {
    const id = await idOf('starter');
    const lone = await startService({ CACHE_TTL_SECONDS: '1' });
    try {
      const client = await demoClient(lone, 'enterprise');
      await lone.core.database.db.updateTable('embedded_users').set({ enabled: false }).execute();
      await expect.poll(async () => (await client.get(`${API}/admin/overview`)).status, { timeout: 5000 }).toBe(403);
      for (const path of ['overview', 'users?query=a', `users/${id}/keys`])
        expectProblem(await client.get(`${API}/admin/${path}`), 403, 'account_disabled');
      expectProblem(await client.post(`${API}/admin/users/${id}/keys/groq/revoke`), 403, 'account_disabled');
    } finally {
      await lone.stop();
    }
  });
});
