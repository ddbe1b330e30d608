import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { createKeycloakConnection } from '../../src/keycloak/keycloak-connection.ts';
import { createKeycloakProxy, isTokenRequest, type KeycloakProxy } from '../support/keycloak/keycloak-proxy.ts';
import { CLIENT, createReadyRealm, openDirectory } from '../support/keycloak/keycloak-test-realm.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import { createCertificateAuthority } from '../support/service/certificates.ts';

const keycloak = inject('keycloak');
const ADMIN = { username: keycloak.adminUsername, password: keycloak.adminPassword };
const SECOND = 1_000;

let realm: TestRealm;
beforeAll(async () => {
  realm = await createReadyRealm(keycloak);
});

/** A busy Keycloak counts from when it began to make the token, in whole seconds: it may say a second or two less. */
const ROUNDING_MS = 3_000;

describe('the token for Keycloak', () => {
  let proxy: KeycloakProxy;
  let id: string;

  beforeAll(async () => {
    proxy = await createKeycloakProxy(keycloak.url);
    id = await realm.createUser({ email: 'ada@example.com' });
  });
  afterAll(() => proxy?.close());
  beforeEach(() => {
    proxy.seen.length = 0;
  });
  afterEach(() => {
    proxy.behave();
  });
  const tokenRequests = (): string[] => proxy.seen.filter(isTokenRequest).map(({ path }) => path.split('/')[2] ?? '');
  const setLifespan = (seconds: number) => realm.admin('PUT', '', { realm: realm.name, accessTokenLifespan: seconds });

  it('is asked for once, however many calls want it', async () => {
    const directory = openDirectory(proxy.url, realm.name);
    await Promise.all(Array.from({ length: 20 }, () => directory.findById(id)));
    expect(tokenRequests()).toEqual([realm.name]);
    await directory.close();
  });

  it.each([
    { lifespan: 3600, cached: 60 },
    { lifespan: 300, cached: 60 },
    { lifespan: 60, cached: 30 },
    { lifespan: 20, cached: 5 },
  ])('that lives $lifespan s is used for $cached s', async ({ lifespan, cached }) => {
    await setLifespan(lifespan);
    let now = 1_000_000;
    const directory = openDirectory(proxy.url, realm.name, { now: () => now });
    await directory.findById(id);
    now += cached * SECOND - ROUNDING_MS;
    await directory.findById(id);
    expect(tokenRequests()).toHaveLength(1);
    now += ROUNDING_MS;
    await directory.findById(id);
    expect(tokenRequests()).toHaveLength(2);
    await directory.close();
  });

  it('is replaced when it was revoked', async () => {
    const directory = openDirectory(proxy.url, realm.name);
    await directory.findById(id);
    const token = proxy.seen.at(-1)?.authorization?.replace('Bearer ', '') ?? '';
    const form = { client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, token };
    await fetch(`${realm.url}/protocol/openid-connect/revoke`, { method: 'POST', body: new URLSearchParams(form) });
    directory.forget();
    expect((await directory.findById(id))?.id).toBe(id);
    expect(directory.calls).toEqual(['read status_401', 'read ok']);
    await directory.close();
  });

  it('is replaced when it expires before its time', async () => {
    await setLifespan(1);
    const directory = openDirectory(proxy.url, realm.name, { now: () => 0 });
    await directory.findById(id);
    const authorization = proxy.seen.at(-1)?.authorization ?? '';
    const stillTaken = async (): Promise<boolean> => {
      const { status } = await fetch(`${proxy.url}/admin/realms/${realm.name}/users/count`, {
        headers: { authorization },
      });
      return status !== 401;
    };
    await expect.poll(stillTaken, { timeout: 20_000, interval: 200 }).toBe(false);
    directory.forget();
    expect((await directory.findById(id))?.id).toBe(id);
    expect(directory.calls).toEqual(['read status_401', 'read ok']);
    await directory.close();
    await setLifespan(300);
  });

  it('is the service account’s where there is one, even with an admin configured', async () => {
    const directory = openDirectory(proxy.url, realm.name, { admin: ADMIN });
    await directory.check();
    expect(tokenRequests()).toEqual([realm.name]);
    await directory.close();
  });

  it('is the admin’s where the client has no service account, or none that may do anything', async () => {
    const without = await realm.createConfidentialClient({ settings: { serviceAccountsEnabled: false } });
    const powerless = await realm.createConfidentialClient();
    const reader = await realm.createConfidentialClient({ roles: ['view-users'] });
    for (const client of [without, powerless, reader]) {
      proxy.seen.length = 0;
      const directory = openDirectory(proxy.url, realm.name, { ...client, admin: ADMIN });
      await directory.check();
      const section = await directory.openSection(id);
      await section?.write(new Map([['byok_groq_key', client.clientId]]));
      section?.close();
      expect((await directory.findById(id))?.attributes.byok_groq_key).toEqual([client.clientId]);
      expect(tokenRequests()).toEqual([realm.name, 'master']);
      await directory.close();
    }
  });

  it('is the admin’s from the middle of a change on, where the service account may only read', async () => {
    const reader = await realm.createConfidentialClient({ roles: ['view-users'] });
    const directory = openDirectory(proxy.url, realm.name, { ...reader, admin: ADMIN });
    const section = await directory.openSection(id);
    await section?.write(new Map([['byok_groq_label', 'Groq key']]));
    section?.close();
    expect(directory.calls).toEqual(['read ok', 'write status_403', 'write ok', 'read ok']);
    await directory.close();
  });

  it('goes back to the service account five minutes later', async () => {
    const client = await realm.createConfidentialClient({ settings: { serviceAccountsEnabled: false } });
    let now = 0;
    const directory = openDirectory(proxy.url, realm.name, { ...client, admin: ADMIN, now: () => now });
    await directory.findById(id);
    now += 299 * SECOND;
    await directory.findById(id);
    expect(tokenRequests()).toEqual([realm.name, 'master', 'master']);
    now += 31 * SECOND;
    await directory.findById(id);
    expect(tokenRequests()).toEqual([realm.name, 'master', 'master', realm.name, 'master']);
    await directory.close();
  });

  it('is not asked of the admin because Keycloak fails', async () => {
    const directory = openDirectory(proxy.url, realm.name, { admin: ADMIN });
    proxy.misbehave((seen) => (isTokenRequest(seen) ? { status: 503 } : 'pass'));
    await expect(directory.findById(id)).rejects.toMatchObject({ code: 'directory_unavailable' });
    expect(tokenRequests()).toEqual([realm.name]);
    await directory.close();
  });

  it('is not asked for at every call while it is refused, and is asked for again five seconds later', async () => {
    let now = 0;
    const client = await realm.createConfidentialClient({ settings: { serviceAccountsEnabled: false } });
    const directory = openDirectory(proxy.url, realm.name, { ...client, now: () => now });
    const refused = { code: 'directory_misconfigured', message: expect.stringContaining('unauthorized_client') };
    await expect(directory.findById(id)).rejects.toMatchObject(refused);
    now += 5 * SECOND - 1;
    await expect(directory.findById(id)).rejects.toMatchObject(refused);
    expect(tokenRequests()).toHaveLength(1);
    now += 1;
    await expect(directory.findById(id)).rejects.toMatchObject(refused);
    expect(tokenRequests()).toHaveLength(2);
    await directory.close();
  });

  it('is refused with the reason and no password where neither way works', async () => {
    const directory = openDirectory(proxy.url, realm.name, {
      clientSecret: 'wrong-secret',
      admin: { username: 'admin', password: 'wrong-password' },
    });
    const error = await directory.check().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'directory_misconfigured', message: expect.stringContaining('invalid_grant') });
    expect(String(error)).not.toMatch(/wrong-(?:secret|password)/);
    await directory.close();
  });
});

describe('TLS to Keycloak', () => {
  let folder: string;
  const authority = createCertificateAuthority();
  const proxies: KeycloakProxy[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byok-ca-'));
    await writeFile(join(folder, 'ca.pem'), authority.cert);
    await writeFile(join(folder, 'empty.pem'), 'not a certificate');
  });
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await rm(folder, { recursive: true });
  });
  const checkOver = async (names: string[], caFile: string | undefined, days = 2): Promise<void> => {
    const proxy = await createKeycloakProxy(keycloak.url, authority.issue(names, { days }));
    proxies.push(proxy);
    const directory = openDirectory(proxy.url, realm.name, { caFile });
    try {
      await directory.check();
    } finally {
      await directory.close();
    }
  };

  it('trusts the authority in KEYCLOAK_CA_FILE', async () => {
    await expect(checkOver(['127.0.0.1'], join(folder, 'ca.pem'))).resolves.toBeUndefined();
  });

  it('still trusts the usual authorities beside it, and those of the file beside them', async () => {
    const usual = getCACertificates('default');
    const other = join(folder, 'other.pem');
    await writeFile(other, createCertificateAuthority('another').cert);
    setDefaultCACertificates([...usual, authority.cert]);
    try {
      await expect(checkOver(['127.0.0.1'], other)).resolves.toBeUndefined();
      await expect(checkOver(['127.0.0.1'], undefined)).resolves.toBeUndefined();
    } finally {
      setDefaultCACertificates(usual);
    }
    await expect(checkOver(['127.0.0.1'], other)).rejects.toMatchObject({ code: 'directory_unavailable' });
  });

  it.each([
    {
      why: 'an authority nobody named',
      names: ['127.0.0.1'],
      ca: undefined,
      days: 2,
      code: /UNABLE_TO_VERIFY|SELF_SIGNED/,
    },
    { why: 'a certificate for another host', names: ['example.com'], ca: 'ca.pem', days: 2, code: /ALTNAME/ },
    { why: 'an expired certificate', names: ['127.0.0.1'], ca: 'ca.pem', days: -1, code: /EXPIRED/ },
  ])('refuses $why and says so', async ({ names, ca, days, code }) => {
    await expect(checkOver(names, ca && join(folder, ca), days)).rejects.toMatchObject({
      code: 'directory_unavailable',
      message: expect.stringMatching(code),
    });
  });

  it('says which file is no certificate', () => {
    const open = (caFile: string) => () => createKeycloakConnection({ caFile, timeoutMs: 1_000 });
    expect(open(join(folder, 'empty.pem'))).toThrow(/empty\.pem holds no PEM certificate/);
    expect(open(join(folder, 'missing.pem'))).toThrow(/missing\.pem/);
  });
});
