import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Counted, createReadyRealm, openDirectory } from '../support/keycloak/keycloak-test-realm.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import { sized } from '../support/proof.ts';
import type { SeedUser } from '../users/directory-under-test.ts';
import { mustOpen, writeTo } from '../users/directory-under-test.ts';
import { describeUserDirectory } from '../users/user-directory-contract.ts';

const keycloak = inject('keycloak');
const ROUNDS = sized({ sample: 4, proof: 20 });

const seed = async (realm: TestRealm, user: SeedUser): Promise<string> =>
  (await realm.admin('POST', '/users', { enabled: true, emailVerified: true, ...user })).id;

let realm: TestRealm;
beforeAll(async () => {
  realm = await createReadyRealm(keycloak);
});

describeUserDirectory('Keycloak', async () => ({
  directory: openDirectory(keycloak.url, realm.name),
  seed: (user) => seed(realm, user),
  remove: (id) => realm.deleteUser(id),
  close: async () => undefined,
}));

describe('Keycloak as a user directory, in what only Keycloak does', () => {
  let directory: Counted;

  beforeAll(() => {
    directory = openDirectory(keycloak.url, realm.name);
  });
  afterAll(() => directory?.close());

  const newUser = (attributes: Record<string, string[]> = {}): Promise<string> => {
    const email = `${randomUUID()}@example.com`;
    return seed(realm, { username: email, email, firstName: 'Ada', lastName: 'Lovelace', attributes });
  };

  it('reads a user with one call and changes one with three', async () => {
    const id = await newUser();
    await directory.findById(id);
    directory.forget();
    await directory.findById(id);
    expect(directory.calls).toEqual(['read ok']);
    directory.forget();
    await writeTo(directory, id, { byok_groq_key: 'one', byok_groq_label: 'Groq key' });
    expect(directory.calls).toEqual(['read ok', 'write ok', 'read ok']);
  });

  it('searches with one call, that is made once, and finds an id with a read', async () => {
    const id = await newUser();
    await directory.search('nobody at all', { first: 0, max: 1 });
    directory.forget();
    await directory.search('example', { first: 0, max: 5 });
    expect(directory.calls).toEqual(['search ok']);
    directory.forget();
    await directory.search(id, { first: 0, max: 5 });
    expect(directory.calls).toEqual(['read ok']);
    directory.forget();
    // Nothing could be asked for: an asterisk stands for everything there.
    expect(await directory.search('exam*', { first: 0, max: 5 })).toEqual([]);
    expect(directory.calls).toEqual([]);
  });

  it('finds by email with one call, and knows an unknown one for certain with one more now and then', async () => {
    const id = await newUser();
    const email = String((await realm.getUser(id)).email);
    directory.forget();
    expect((await directory.findByEmail(email))?.id).toBe(id);
    expect(directory.calls).toEqual(['find ok']);
    await directory.findByEmail('nobody@example.com');
    directory.forget();
    await directory.findByEmail('nobody@example.com');
    expect(directory.calls).toEqual(['find ok']);
  });

  it('changes nothing of a user but the attributes named', async () => {
    const email = `${randomUUID()}@example.com`;
    const attributes = { department: ['Engines', 'Looms'], subscription_tier: ['starter'] };
    const { id } = await realm.admin('POST', '/users', {
      username: `ada-${email}`,
      email,
      firstName: 'Ada',
      lastName: 'Lovelace',
      enabled: false,
      emailVerified: true,
      requiredActions: ['UPDATE_PASSWORD', 'CONFIGURE_TOTP'],
      attributes,
    });
    const before = await realm.getUser(id);
    await writeTo(directory, id, { byok_groq_key: 'one' });
    expect(await realm.getUser(id)).toEqual({ ...before, attributes: { ...attributes, byok_groq_key: ['one'] } });
    await writeTo(directory, id, { byok_groq_key: null });
    expect(await realm.getUser(id)).toEqual(before);
  });

  it('does not enable a user again whom an administrator disabled while the section was open', async () => {
    const id = await newUser();
    const section = await mustOpen(directory, id);
    await realm.putUser(id, { ...(await realm.getUser(id)), enabled: false });
    expect((await section.write(new Map([['byok_groq_key', 'one']]))).enabled).toBe(false);
    section.close();
  });

  it(`loses nothing in ${ROUNDS} rounds of ten parallel changes`, { timeout: 180_000 }, async () => {
    const id = await newUser({ department: ['Engines'] });
    const fields = ['key', 'label', 'added_date', 'last_tested', 'test_status'];
    const names = ['openai', 'groq'].flatMap((provider) => fields.map((field) => `byok_${provider}_${field}`));
    const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
    for (const round of rounds) {
      await Promise.all(names.map((name) => writeTo(directory, id, { [name]: `${name} in round ${round}` })));
      const expected = Object.fromEntries(names.map((name) => [name, [`${name} in round ${round}`]]));
      expect((await realm.getUser(id)).attributes).toEqual({ department: ['Engines'], ...expected });
    }
  });

  it('says which value is too long for the realm', async () => {
    const id = await newUser();
    await expect(writeTo(directory, id, { byok_groq_label: 'x'.repeat(401) })).rejects.toMatchObject({
      code: 'validation_failed',
      detail: expect.stringContaining('byok_groq_label holds at most 400 characters'),
    });
    expect((await directory.findById(id))?.attributes).toEqual({});
  });

  it('refuses a value of spaces, which Keycloak would not keep', async () => {
    const id = await newUser();
    await expect(writeTo(directory, id, { byok_groq_label: '   ' })).rejects.toMatchObject({
      code: 'validation_failed',
    });
  });

  it('changes a user in whom a race left several values elsewhere', async () => {
    const id = await newUser({ subscription_tier: ['enterprise', 'free'], byok_openai_key: ['one', 'two'] });
    const user = await writeTo(directory, id, { byok_openai_key: 'three' });
    expect(user.attributes.byok_openai_key).toEqual(['three']);
    expect([...(user.attributes.subscription_tier ?? [])].sort()).toEqual(['enterprise', 'free']);
  });

  it('lists users page by page, all of them once', async () => {
    const many = await createReadyRealm(keycloak);
    const users = Array.from({ length: 205 }, (_, index) => ({
      username: `user-${index}`,
      enabled: true,
      attributes: { subscription_tier: ['starter'] },
    }));
    await many.admin('POST', '/partialImport', { ifResourceExists: 'FAIL', users });
    const listing = openDirectory(keycloak.url, many.name);
    const names: string[] = [];
    for await (const user of listing.listUsers()) {
      names.push(user.username);
      expect(user.attributes).toEqual({ subscription_tier: ['starter'] });
    }
    expect(names.sort()).toEqual(users.map(({ username }) => username).sort());
    expect(listing.calls).toEqual(['list ok', 'list ok', 'list ok']);
    await listing.close();
  });

  it('gives up a section that is held too long, and lets the next writer in', async () => {
    const id = await newUser();
    const hasty = openDirectory(keycloak.url, realm.name, { maxSectionMs: 50 });
    const forgotten = await mustOpen(hasty, id);
    const next = await mustOpen(hasty, id);
    await expect(forgotten.write(new Map([['byok_groq_key', 'late']]))).rejects.toMatchObject({
      code: 'directory_unavailable',
    });
    next.close();
    expect((await hasty.findById(id))?.attributes).toEqual({});
    await hasty.close();
  });
});
