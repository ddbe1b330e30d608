// Realms that are not ready for keys, and what the directory says of each.
import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, inject, it } from 'vitest';
import type { UserDirectory } from '../../src/users/user-directory.ts';
import { createReadyRealm, openDirectory, readProfile } from '../support/keycloak/keycloak-test-realm.ts';
import { createRealm, type TestRealm } from '../support/keycloak/realm.ts';
import { writeTo } from '../users/directory-under-test.ts';

const keycloak = inject('keycloak');

type Policy = 'ADMIN_EDIT' | 'ADMIN_VIEW' | 'ENABLED' | undefined;

/** A realm for each policy, with one person in it. No test changes the realm. */
const realms = new Map<Policy, Promise<{ realm: TestRealm; id: string }>>();

async function createRealmWith(policy: Policy): Promise<{ realm: TestRealm; id: string }> {
  const realm = await createRealm(keycloak, policy === undefined ? {} : { unmanagedAttributePolicy: policy });
  const user = { enabled: true, username: 'ada-lovelace', email: 'ada@example.com' };
  return { realm, id: (await realm.admin('POST', '/users', user)).id };
}

describe('a realm that is not ready', () => {
  const opened: UserDirectory[] = [];
  afterAll(() => Promise.all(opened.map((directory) => directory.close())));

  const open = async (policy: Policy, options: { roles?: string[]; allowUnmanagedSelfEdit?: boolean } = {}) => {
    const known = realms.get(policy) ?? createRealmWith(policy);
    realms.set(policy, known);
    const { realm, id } = await known;
    const roles = options.roles ?? ['view-users', 'query-users', 'manage-users'];
    const client = await realm.createConfidentialClient({ roles });
    const allowUnmanagedSelfEdit = options.allowUnmanagedSelfEdit ?? false;
    const directory = openDirectory(keycloak.url, realm.name, { ...client, allowUnmanagedSelfEdit });
    opened.push(directory);
    return { realm, directory, id };
  };

  it.each([undefined, 'ADMIN_VIEW'] as const)(
    'is refused when it would drop attributes (policy %s)',
    async (policy) => {
      const { directory, id } = await open(policy);
      await expect(directory.check()).rejects.toMatchObject({
        code: 'directory_misconfigured',
        message: expect.stringMatching(/does not declare byok_openai_key.*byok keycloak setup/),
      });
      await expect(writeTo(directory, id, { byok_groq_key: 'one' })).rejects.toMatchObject({
        code: 'directory_misconfigured',
        message: expect.stringContaining('drops byok_groq_key'),
      });
    },
  );

  it('is refused when people can edit their own tier, unless that is allowed by name', async () => {
    const { directory } = await open('ENABLED');
    await expect(directory.check()).rejects.toMatchObject({
      code: 'directory_misconfigured',
      message: expect.stringContaining('raise their own tier'),
    });
    const lenient = await open('ENABLED', { allowUnmanagedSelfEdit: true });
    await expect(lenient.directory.check()).resolves.toBeUndefined();
  });

  it('is refused when a declaration of ours lets people edit', async () => {
    const realm = await createReadyRealm(keycloak);
    const directory = openDirectory(keycloak.url, realm.name);
    opened.push(directory);
    await expect(directory.check()).resolves.toBeUndefined();
    const profile = await readProfile(realm);
    const attributes = profile.attributes.map((attribute) =>
      attribute.name === 'subscription_tier'
        ? { ...attribute, permissions: { view: ['admin', 'user'], edit: ['admin', 'user'] } }
        : attribute,
    );
    await realm.admin('PUT', '/users/profile', { ...profile, attributes });
    await expect(directory.check()).rejects.toMatchObject({
      code: 'directory_misconfigured',
      message: expect.stringContaining('lets people edit subscription_tier'),
    });
  });

  it('works with ADMIN_EDIT, up to 2048 characters', async () => {
    const { directory, id } = await open('ADMIN_EDIT');
    await expect(directory.check()).resolves.toBeUndefined();
    await writeTo(directory, id, { byok_groq_key: 'k'.repeat(2048) });
    await expect(writeTo(directory, id, { byok_groq_key: 'k'.repeat(2049) })).rejects.toMatchObject({
      code: 'validation_failed',
      detail: expect.stringContaining('2048'),
    });
  });

  it('is refused when the service account may not see or change users, and hides nobody from it as unknown', async () => {
    const blind = await open('ADMIN_EDIT', { roles: ['query-users'] });
    await expect(blind.directory.check()).rejects.toMatchObject({
      code: 'directory_misconfigured',
      message: expect.stringContaining('lacks view-users, query-users, manage-users'),
    });
    await expect(blind.directory.findByEmail('ada@example.com')).rejects.toMatchObject({
      code: 'directory_unavailable',
      message: expect.stringContaining('view-users'),
    });
    await expect(blind.directory.search('ada', { first: 0, max: 1 })).rejects.toMatchObject({
      code: 'directory_unavailable',
      message: expect.stringContaining('view-users'),
    });
    await expect(blind.directory.findById(blind.id)).rejects.toMatchObject({ code: 'directory_unavailable' });

    const reader = await open('ADMIN_EDIT', { roles: ['view-users'] });
    await expect(reader.directory.check()).rejects.toMatchObject({ message: expect.stringContaining('manage-users') });
    await expect(writeTo(reader.directory, reader.id, { byok_groq_key: 'one' })).rejects.toMatchObject({
      code: 'directory_unavailable',
      message: expect.stringContaining('403'),
    });

    const none = await open('ADMIN_EDIT', { roles: [] });
    await expect(none.directory.check()).rejects.toMatchObject({ code: 'directory_misconfigured' });
  });

  it('is refused when realm, client or secret are wrong', async () => {
    const { realm } = await open('ADMIN_EDIT');
    for (const [wrong, said] of [
      [{ realm: 'nowhere' }, 'has no realm nowhere. Check KEYCLOAK_REALM'],
      [{ clientId: 'nobody' }, 'Check KEYCLOAK_CLIENT_ID and KEYCLOAK_REALM'],
      [{ clientSecret: 'wrong' }, 'then KEYCLOAK_CLIENT_SECRET, which stands under Clients'],
    ] as const) {
      const directory = openDirectory(keycloak.url, realm.name, wrong);
      await expect(directory.check(), JSON.stringify(wrong)).rejects.toMatchObject({
        code: 'directory_misconfigured',
        message: expect.stringContaining(said),
      });
      await expect(directory.findById(randomUUID())).rejects.toMatchObject({ code: 'directory_misconfigured' });
      await directory.close();
    }
  });
});
