// Changing ENCRYPTION_KEY under two replicas: nothing becomes unreadable on the way, and nobody is told that a key is damaged.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAuditChain } from '../../src/audit/audit-chain.ts';
import { auditFields } from '../../src/audit/audit-fields.ts';
import { finishKeyChange } from '../../src/audit/master-keys/postgres-key-changes.ts';
import { appendAuditRows, insertAuditRows, readAuditHead } from '../../src/audit/postgres-audit-rows.ts';
import { createPostgresAuditTrail } from '../../src/audit/postgres-audit-trail.ts';
import { parseMasterKeys } from '../../src/crypto/key-check.ts';
import { keyPlace } from '../../src/crypto/key-place.ts';
import { createKeyVault } from '../../src/crypto/key-vault.ts';
import { everyReplicaHas } from '../../src/replicas/postgres-replica-keys.ts';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { CLIENT } from '../support/keycloak/keycloak-test-realm.ts';
import { anEvent } from '../support/memory/audit-rows.ts';
import { requestToken } from '../support/servers/keycloak-admin-api.ts';
import { API, type ApiClient } from '../support/service/api-client.ts';
import { startReplica } from '../support/service/replica.ts';
import type { RunningService } from '../support/service/running-service.ts';

const PROVIDER = 'openai';
const old = `${randomBytes(32).toString('base64url')}=`;
const NEW = `${randomBytes(32).toString('base64url')}=`;
const OPERATOR = { kind: 'operator', id: 'byok rewrap' } as const;
/** A replica looks around every ten seconds. */
const SOON = { timeout: 60_000, interval: 500 };

describe('a change of ENCRYPTION_KEY under two replicas', () => {
  let home: KeycloakService;
  let first: RunningService;
  let second: RunningService;
  let services: ApiClient;
  let person: Awaited<ReturnType<KeycloakService['newPerson']>>;
  let cookies: ApiClient['cookies'];
  beforeAll(async () => {
    // It has both keys from the beginning, and stays.
    home = await startKeycloakService({
      env: { BYOK_OPENAI_SYSTEM_KEY: 'sk-system-0123456789', ENCRYPTION_KEY: `${old},${NEW}` },
    });
    first = await startReplica(home, { ENCRYPTION_KEY: old });
    person = await home.newPerson();
    cookies = (await home.platformClient({ sub: person.id })).cookies;
    const client = await home.realm.createConfidentialClient();
    await home.realm.grantClientRoles(client.clientId, CLIENT.clientId, ['byok-resolve']);
    const answer = await requestToken(`${inject('keycloak').url}/realms/${home.realm.name}`, {
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: client.clientSecret,
    });
    services = first.serviceClient(String(answer.access_token));
  }, 240_000);
  afterAll(async () => {
    await second?.stop();
    await first?.stop();
    await home?.stop();
  });

  const at = (service: RunningService): ApiClient => {
    const client = service.client();
    for (const [name, value] of cookies) client.cookies.set(name, value);
    return client;
  };
  const add = async (service: RunningService, key: string) =>
    (await at(service).post(`${API}/keys/add`, { provider: PROVIDER, key })).status;
  const list = async (service: RunningService) =>
    await at(service).get(`${API}/keys`, { headers: { 'cache-control': 'no-cache' } });
  const seen = async (service: RunningService) =>
    ((await list(service)).body as { key_preview: string; state: string }[]).map(({ state }) => state);
  const begun = () =>
    home.core.database.db.selectFrom('audit_log').selectAll().where('action', '=', 'master_key.begun').execute();
  const vaultOf = (key: string) => createKeyVault(parseMasterKeys([key]), { requireBinding: true });
  /** As somebody writes it into Keycloak who has that key. */
  const plant = async (encryptionKey: string, key: string) => {
    const place = keyPlace({ kind: 'user', id: person.id }, { provider: PROVIDER, endpoint: undefined });
    const { token, binding } = vaultOf(encryptionKey).seal(place, key);
    using section = await home.core.directory.openSection(person.id);
    await section?.write(
      new Map([
        [`byok_${PROVIDER}_key`, token],
        [`byok_${PROVIDER}_binding`, binding],
      ]),
    );
  };

  it('seals with the old key while one replica does not have the new one: both read it', async () => {
    second = await startReplica(home, { ENCRYPTION_KEY: `${NEW},${old}` });
    expect(await add(second, 'sk-0123456789a')).toBe(200);
    expect([await seen(first), await seen(second)]).toEqual([['usable'], ['usable']]);
    expect(await begun()).toEqual([]);
    expect(second.logs.join()).toContain('some running replica does not have yet');
    expect(second.logs.join()).toMatch(/"key_id":"[^"[]+"/);
  }, 120_000);

  it('answers 503, and with no system key, where a key cannot be read here and may be elsewhere', async () => {
    await expect.poll(() => first.core.masterKeys.missing().length, SOON).toBe(1);
    await plant(NEW, 'sk-0123456789b');
    expect(await seen(second)).toEqual(['usable']);
    const replies = [
      await list(first),
      await at(first).post(`${API}/keys/test/${PROVIDER}`),
      await services.post('/keys/resolve', { user: { id: person.id }, provider: PROVIDER, system_fallback: true }),
      await services.post('/keys/resolve', { user: { id: person.id }, preferred: PROVIDER, system_fallback: true }),
    ];
    expect(replies.map(({ status, body }) => [status, (body as { code?: string }).code])).toEqual(
      replies.map(() => [503, 'directory_misconfigured']),
    );
    for (const { text } of replies) {
      expect(text).not.toContain('error***');
      expect(text).not.toContain('sk-system');
      expect(text).not.toContain('dd it again');
    }
    expect(first.logs.join()).toContain('another replica has an encryption key that is not in ENCRYPTION_KEY here');
    // A person can always replace it, or turn it off.
    expect(await add(first, 'sk-0123456789c')).toBe(200);
    expect([await seen(first), await seen(second)]).toEqual([['usable'], ['usable']]);
  }, 120_000);

  it('begins once every replica has the new key, in one row that both keys vouch for', async () => {
    await first.stop();
    first = await startReplica(home, { ENCRYPTION_KEY: `${old},${NEW}` });
    await expect.poll(async () => (await begun()).length, SOON).toBe(1);
    expect(await add(second, 'sk-0123456789d')).toBe(200);
    expect([await seen(first), await seen(second)]).toEqual([['usable'], ['usable']]);
    const { attributes = {} } = (await home.realm.getUser(person.id)) as { attributes?: Record<string, string[]> };
    const [token = ''] = attributes[`byok_${PROVIDER}_key`] ?? [];
    const [binding] = attributes[`byok_${PROVIDER}_binding`] ?? [];
    const place = keyPlace({ kind: 'user', id: person.id }, { provider: PROVIDER, endpoint: undefined });
    expect(vaultOf(NEW).open(place, { token, binding }).state).toBe('usable');
    // The other way round the old one seals, and both still count.
    expect(await add(first, 'sk-0123456789e')).toBe(200);
    expect(await seen(second)).toEqual(['usable']);
    const { db } = second.core.database;
    expect(await createPostgresAuditTrail(db, second.core.auditChain).verify([])).toMatchObject({
      firstBad: undefined,
      strict: true,
    });
    expect((await begun()).length).toBe(1);
  }, 240_000);

  it('refuses a start without the key that a change has begun to', async () => {
    await expect(startReplica(home, { ENCRYPTION_KEY: old })).rejects.toThrow(/lacks the key with the id [0-9a-f]{12}/);
    await expect(startReplica(home, { ENCRYPTION_KEY: NEW })).rejects.toThrow('Put that key back');
  }, 120_000);

  it('ends with a row after which the old key counts no more: no row, no key, no start that begins with it', async () => {
    const { database, auditChain } = second.core;
    await finishKeyChange(database.db, auditChain, { everyReplicaHas, actor: OPERATOR });
    await expect(finishKeyChange(database.db, auditChain, { everyReplicaHas, actor: OPERATOR })).rejects.toThrow(
      'no change of ENCRYPTION_KEY to finish',
    );
    const [oldId = ''] = createAuditChain(parseMasterKeys([old])).keyIds;
    await expect.poll(() => first.core.masterKeys.isRetired(oldId), SOON).toBe(true);
    await plant(old, 'sk-0123456789f');
    expect([await seen(first), await seen(second)]).toEqual([['unbound'], ['unbound']]);
    // The replica whose list begins with the old key goes on with the new one.
    expect(await add(first, 'sk-0123456789g')).toBe(200);
    expect(await seen(second)).toEqual(['usable']);
    const trail = createPostgresAuditTrail(database.db, auditChain);
    expect((await trail.verify([])).firstBad).toBeUndefined();
    await expect(startReplica(home, { ENCRYPTION_KEY: `${old},${NEW}` })).rejects.toThrow('out of use');

    const thief = createAuditChain(parseMasterKeys([old]));
    const head = await readAuditHead(database.db);
    const row = thief.extend(head, auditFields(anEvent()), new Date());
    await database.db.transaction().execute((trx) => insertAuditRows(trx, [row]));
    expect((await trail.verify([])).firstBad).toEqual({ seq: row.seq, reason: 'key_not_in_use' });
    const lone = createAuditChain(parseMasterKeys([old]));
    await expect(
      database.db
        .transaction()
        .execute((trx) => appendAuditRows(trx, lone, [{ fields: auditFields(anEvent()), at: new Date() }])),
    ).rejects.toMatchObject({ code: 'directory_misconfigured' });
  }, 120_000);
});
