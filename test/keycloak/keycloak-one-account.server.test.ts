// A Keycloak that fails on one account, or on what somebody asks for, while it answers everybody else.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createKeycloakBreaker, type KeycloakBreaker } from '../../src/keycloak/health/keycloak-breaker.ts';
import { createKeycloakProxy, type KeycloakProxy, type Seen } from '../support/keycloak/keycloak-proxy.ts';
import { createReadyRealm, openDirectory } from '../support/keycloak/keycloak-test-realm.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import { mustFind } from '../users/directory-under-test.ts';
import { ODD_IDS } from '../users/user-directory-contract.ts';

const keycloak = inject('keycloak');
const JSON_TYPE = { 'content-type': 'application/json' };
const BROKEN = { status: 500, body: '{"error":"unknown_error"}', headers: JSON_TYPE };

describe('Keycloak failing on one account', () => {
  let realm: TestRealm;
  let proxy: KeycloakProxy;
  let breaker: KeycloakBreaker;
  let directory: ReturnType<typeof openDirectory>;
  let odd: string;
  let other: string;
  beforeAll(async () => {
    realm = await createReadyRealm(keycloak);
    proxy = await createKeycloakProxy(keycloak.url);
    [odd, other] = await Promise.all([newUser(realm), newUser(realm)]);
  });
  afterAll(() => proxy?.close());
  beforeEach(({ onTestFinished }) => {
    breaker = createKeycloakBreaker();
    directory = openDirectory(proxy.url, realm.name, { timeoutMs: 5_000, breaker });
    onTestFinished(async () => {
      proxy.behave();
      breaker.close();
      await directory.close();
    });
  });
  const about = (id: string) => (seen: Seen) => seen.path.includes(id);

  it('asks about no id that Keycloak cannot have, and none of them says anything of its health', async () => {
    for (const id of ODD_IDS) {
      expect(await directory.findById(id), JSON.stringify(id).slice(0, 40)).toBeUndefined();
      expect(await directory.search(id, { first: 0, max: 3 }), JSON.stringify(id).slice(0, 40)).toBeInstanceOf(Array);
    }
    expect(breaker.state()).toBe('closed');
    expect(directory.calls.filter((call) => !/ (ok|status_404)$/.test(call))).toEqual([]);
  });

  it('asks about ids of every shape that Keycloak may have: imported, and of a federation', async () => {
    const imported = ['ada', '17', 'Ada Lovelace', 'ada@example.com', 'müller', 'x'.repeat(36)];
    const federated = [`f:${randomUUID()}:ada`, `f:ldap:Jörg Müller`, `f:${randomUUID()}:uid=a,dc=b:c/d`];
    for (const id of [...imported, ...federated]) {
      directory.forget();
      expect(await directory.findById(id)).toBeUndefined();
      expect(directory.calls, id).toEqual(['read status_404']);
    }
  });

  it.each([
    ['answers 500', BROKEN],
    ['breaks the connection off', 'cut'],
    ['never answers', 'hang'],
  ] as const)('serves others while it %s for that one, who is unavailable and not unknown', async (_name, fault) => {
    await mustFind(directory, other);
    proxy.misbehave((seen) => (about(odd)(seen) ? fault : 'pass'));
    const failures = Promise.allSettled(Array.from({ length: 5 }, () => directory.findById(odd)));
    for (const failure of await failures)
      expect(failure).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'directory_unavailable',
          status: 503,
          detail: expect.stringContaining('Others are served'),
          retryAfter: expect.any(Number),
        },
      });
    expect(breaker.state()).toBe('closed');
    expect((await mustFind(directory, other)).id).toBe(other);
    proxy.behave();
    expect((await mustFind(directory, odd)).id).toBe(odd);
  });

  it('is asked a few times whether it works, however many calls fail at once', async () => {
    await mustFind(directory, other);
    proxy.misbehave((seen) => (about(odd)(seen) ? BROKEN : 'pass'));
    directory.forget();
    await Promise.allSettled(Array.from({ length: 200 }, () => directory.findById(odd)));
    const probes = directory.calls.filter((call) => call.startsWith('probe'));
    expect(probes.length).toBeGreaterThan(0);
    expect(probes.length).toBeLessThan(60);
    expect(directory.calls.filter((call) => call.startsWith('read')).length).toBeGreaterThanOrEqual(200);
    expect(breaker.state()).toBe('closed');
  });

  it('is away where it fails on a call of our own as well', async () => {
    proxy.misbehave(() => BROKEN);
    const failure = await directory.findById(other).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'directory_unavailable', detail: expect.not.stringContaining('Others') });
    expect(breaker.state()).toBe('open');
  });
});

async function newUser(realm: TestRealm): Promise<string> {
  return await realm.createUser({ email: `${randomUUID()}@example.com` });
}
