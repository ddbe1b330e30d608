import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, type TestContext } from 'vitest';
import type { DirectoryUser } from '../../src/users/user-directory.ts';
import {
  createKeycloakProxy,
  type Fault,
  isTokenRequest,
  type KeycloakProxy,
} from '../support/keycloak/keycloak-proxy.ts';
import { type Counted, createReadyRealm, openDirectory } from '../support/keycloak/keycloak-test-realm.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import { mustFind, mustOpen } from '../users/directory-under-test.ts';

const keycloak = inject('keycloak');
const HTML = { 'content-type': 'text/html' };
const JSON_TYPE = { 'content-type': 'application/json' };

const json = (status: number, body: string): Fault => ({ status, body, headers: JSON_TYPE });

const FAULTS: Readonly<Record<string, { fault: Fault; reason: RegExp }>> = {
  'an error 500': { fault: json(500, '{"error":"unknown_error"}'), reason: /answered 500 \(unknown_error\)/ },
  'a gateway error in HTML': { fault: { status: 503, body: '<h1>down</h1>', headers: HTML }, reason: /answered 503/ },
  'a 401 every time': { fault: json(401, '{"error":"HTTP 401 Unauthorized"}'), reason: /answered 401 \(HTTP 401/ },
  'a 403': { fault: json(403, '{"error":"HTTP 403 Forbidden"}'), reason: /answered 403 \(HTTP 403/ },
  'a 409': { fault: json(409, '{"errorMessage":"User exists"}'), reason: /answered 409 \(User exists\)/ },
  'a 404 about the realm': { fault: json(404, '{"error":"Realm not found."}'), reason: /answered 404 \(Realm/ },
  'a page with status 200': {
    fault: { status: 200, body: '<h1>Welcome</h1>', headers: HTML },
    reason: /KEYCLOAK_URL/,
  },
  'JSON of another shape': { fault: json(200, '{"id":7}'), reason: /is KEYCLOAK_URL/ },
  'JSON cut short': { fault: json(200, '{"id":"'), reason: /is KEYCLOAK_URL/ },
  'a redirect': { fault: { status: 302, headers: { location: 'http://127.0.0.1:9/' } }, reason: /redirect/ },
  'a broken connection': { fault: 'cut', reason: /broke the connection off/ },
  'no answer at all': { fault: 'hang', reason: /did not answer in time/ },
};

let realm: TestRealm;
beforeAll(async () => {
  realm = await createReadyRealm(keycloak);
});

// A few at the same time, each with a proxy and a user of its own: most of them wait for a change that may still come.
describe.concurrent.each(Object.entries(FAULTS))('Keycloak answering with %s', (_name, { fault, reason }) => {
  const unavailable = { code: 'directory_unavailable', message: expect.stringMatching(reason) };
  const world = async (onTestFinished: TestContext['onTestFinished']) => {
    const proxy = await createKeycloakProxy(keycloak.url);
    const directory = openDirectory(proxy.url, realm.name, { timeoutMs: 3_000, settleMs: 100 });
    onTestFinished(async () => {
      await directory.close();
      await proxy.close();
    });
    const id = await newUser(realm);
    return { proxy, directory, id, user: await mustFind(directory, id) };
  };

  it('is unavailable, never "no such user", and works again by itself', async ({ onTestFinished }) => {
    const { proxy, directory, id, user } = await world(onTestFinished);
    proxy.misbehave((seen) => (isTokenRequest(seen) ? 'pass' : fault));
    await Promise.all([
      expect(directory.findById(id)).rejects.toMatchObject(unavailable),
      expect(directory.openSection(id)).rejects.toMatchObject(unavailable),
      expect(directory.findByEmail(String(user.email))).rejects.toMatchObject(unavailable),
      expect(directory.check()).rejects.toMatchObject({ code: expect.stringMatching(/^directory_/) }),
    ]);
    proxy.behave();
    expect(await directory.findById(id)).toEqual(user);
    expect(await directory.findByEmail(String(user.email))).toEqual(user);
    (await mustOpen(directory, id)).close();
    await directory.check();
  });

  it('is unavailable in the middle of a change, and the user is as before', async ({ onTestFinished }) => {
    const { proxy, directory, id, user } = await world(onTestFinished);
    const section = await mustOpen(directory, id);
    proxy.misbehave((seen) => (seen.method === 'PUT' ? fault : 'pass'));
    const written = section.write(new Map([['byok_groq_key', 'one']]));
    await expect(written).rejects.toMatchObject({ code: 'directory_unavailable' });
    section.close();
    proxy.behave();
    const next = await mustOpen(directory, id);
    expect(next.user).toEqual(user);
    const stored = await next.write(new Map([['byok_groq_key', 'two']]));
    next.close();
    expect(stored.attributes).toEqual({ department: ['Engines'], byok_groq_key: ['two'] });
  });
});

describe('Keycloak behind a network that fails', () => {
  let proxy: KeycloakProxy;
  let directory: Counted;
  let id: string;
  let user: DirectoryUser;

  beforeAll(async () => {
    proxy = await createKeycloakProxy(keycloak.url);
  });
  afterAll(() => proxy?.close());
  beforeEach(async () => {
    directory = openDirectory(proxy.url, realm.name, { settleMs: 100 });
    id = await newUser(realm);
    user = await mustFind(directory, id);
    directory.forget();
    proxy.seen.length = 0;
  });
  afterEach(async () => {
    proxy.behave();
    proxy.afterwards(undefined);
    await directory.close();
  });

  it('is unavailable while connections are refused, and works again by itself', async () => {
    await proxy.stop();
    const unavailable = { code: 'directory_unavailable', message: expect.stringContaining('ECONNREFUSED') };
    await expect(directory.findById(id)).rejects.toMatchObject(unavailable);
    await expect(directory.check()).rejects.toMatchObject(unavailable);
    const listing = (async () => {
      for await (const listed of directory.listUsers()) expect(listed).toBeUndefined();
    })();
    await expect(listing).rejects.toMatchObject(unavailable);
    await proxy.start();
    expect(await directory.findById(id)).toEqual(user);
  });

  it('is unavailable, not misconfigured, when no token can be had because Keycloak fails', async () => {
    const fresh = openDirectory(proxy.url, realm.name, { timeoutMs: 3_000 });
    for (const fault of [{ status: 500 }, { status: 200, body: '<p>' }, 'cut', 'hang'] as const) {
      proxy.misbehave((seen) => (isTokenRequest(seen) ? fault : 'pass'));
      await expect(fresh.findById(id)).rejects.toMatchObject({ code: 'directory_unavailable' });
      await expect(fresh.check()).rejects.toMatchObject({ code: 'directory_unavailable' });
    }
    proxy.behave();
    // A busy Keycloak may take longer than the short time limit of this test, once.
    await expect.poll(() => fresh.findById(id).catch(() => undefined)).toEqual(user);
    await fresh.close();
  });

  it('repeats a call once with a new token after a 401, also a change', async () => {
    const section = await mustOpen(directory, id);
    directory.forget();
    let refused = 0;
    proxy.misbehave(({ method }) => (method === 'PUT' && refused++ === 0 ? { status: 401 } : 'pass'));
    const stored = await section.write(new Map([['byok_groq_key', 'one']]));
    section.close();
    expect(stored.attributes.byok_groq_key).toEqual(['one']);
    expect(directory.calls).toEqual(['write status_401', 'write ok', 'read ok']);
    expect(proxy.seen.filter(isTokenRequest)).toHaveLength(1);
  });

  it('adds its change once more where another program overwrote it, and keeps theirs', async () => {
    const section = await mustOpen(directory, id);
    directory.forget();
    let rivals = 1;
    proxy.afterwards(async ({ method }) => {
      if (method === 'PUT' && rivals-- > 0) await overwrite(realm, id, { department: ['Looms'] });
    });
    const stored = await section.write(new Map([['byok_groq_key', 'one']]));
    section.close();
    expect(stored.attributes).toEqual({ department: ['Looms'], byok_groq_key: ['one'] });
    expect(directory.calls).toEqual(['write ok', 'read ok', 'profile ok', 'write ok', 'read ok']);
  });

  it('reports a conflict where another program overwrites the change twice', async () => {
    const section = await mustOpen(directory, id);
    proxy.afterwards(async ({ method }) => {
      if (method === 'PUT') await overwrite(realm, id, { byok_groq_key: ['theirs'] });
    });
    await expect(section.write(new Map([['byok_groq_key', 'ours']]))).rejects.toMatchObject({
      code: 'write_conflict',
      message: expect.stringContaining('byok_groq_key did not stay'),
    });
    section.close();
  });

  it('makes the next writer wait for a change whose answer never came', async () => {
    const patient = openDirectory(proxy.url, realm.name, { timeoutMs: 3_000 });
    const section = await mustOpen(patient, id);
    // Keycloak carries the change out, later than anyone waits for its answer.
    const carriedOut = Promise.withResolvers<void>();
    proxy.misbehave((seen) => {
      if (seen.method !== 'PUT') return 'pass';
      setTimeout(() => overwrite(realm, id, { byok_groq_key: ['late'] }).then(carriedOut.resolve), 3_300);
      return 'hang';
    });
    const written = section.write(new Map([['byok_groq_key', 'late']]));
    await expect(written).rejects.toMatchObject({ code: 'directory_unavailable' });
    section.close();
    proxy.behave();
    const next = await mustOpen(patient, id);
    expect(next.user.attributes.byok_groq_key).toEqual(['late']);
    next.close();
    await carriedOut.promise;
    await patient.close();
  });

  it('reads the user anew when a section writes again after a failure', async () => {
    const section = await mustOpen(directory, id);
    proxy.misbehave(({ method }) => (method === 'PUT' ? { status: 500 } : 'pass'));
    await expect(section.write(new Map([['byok_groq_key', 'one']]))).rejects.toThrow();
    proxy.behave();
    await overwrite(realm, id, { department: ['Looms'] });
    const stored = await section.write(new Map([['byok_groq_key', 'two']]));
    section.close();
    expect(stored.attributes).toEqual({ department: ['Looms'], byok_groq_key: ['two'] });
  });

  it('takes another user for no answer', async () => {
    const eve = JSON.stringify({ id: randomUUID(), username: 'eve', enabled: true });
    proxy.misbehave((seen) => (isTokenRequest(seen) ? 'pass' : { status: 200, body: eve, headers: JSON_TYPE }));
    await expect(directory.findById(id)).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it('puts no token and no value into an error, even where they come back in the answer', async () => {
    const secret = `gAAAAA${'s'.repeat(100)}`;
    const section = await mustOpen(directory, id);
    const token = proxy.seen.at(-1)?.authorization?.replace('Bearer ', '') ?? '';
    expect(token.length).toBeGreaterThan(100);
    proxy.misbehave(({ method }) =>
      method === 'PUT' ? { status: 500, body: JSON.stringify({ error: `${token} ${secret} failed` }) } : 'pass',
    );
    const error = await section.write(new Map([['byok_groq_key', secret]])).catch((caught: unknown) => caught);
    section.close();
    const { stack, cause, ...rest } = error as Error & Record<string, unknown>;
    const shown = `${stack} ${JSON.stringify(rest)}`;
    expect(shown).toContain('answered 500');
    expect(shown).not.toContain(secret.slice(0, 40));
    expect(shown).not.toContain(token.slice(0, 40));
    expect(cause).toBeUndefined();
  });
});

async function newUser(realm: TestRealm): Promise<string> {
  const email = `${randomUUID()}@example.com`;
  const attributes = { department: ['Engines'] };
  return (await realm.admin('POST', '/users', { username: email, email, enabled: true, attributes })).id;
}

/** Writes the user as a program does that knows nothing of our lock. */
async function overwrite(realm: TestRealm, id: string, attributes: Record<string, string[]>): Promise<void> {
  const { username, email } = await realm.getUser(id);
  await realm.putUser(id, { username, email, attributes });
}
