// The real servers of the tests are there, and behave as the project relies on.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import pg from 'pg';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { createRealm, type TestRealm } from '../keycloak/realm.ts';
import { createAdminCall } from './keycloak-admin-api.ts';

const run = promisify(execFile);

test('PostgreSQL answers its superuser', async () => {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  try {
    const { rows } = await client.query("select version(), current_setting('is_superuser') as superuser");
    expect(rows[0].version).toMatch(/^PostgreSQL 1\d/);
    expect(rows[0].superuser).toBe('on');
  } finally {
    await client.end();
  }
});

test('Redis answers PING', async () => {
  const redis = new Redis(inject('redisUrl'));
  try {
    expect(await redis.ping()).toBe('PONG');
  } finally {
    redis.disconnect();
  }
});

test('Python has cryptography', async () => {
  const code =
    'from cryptography.fernet import Fernet; k = Fernet.generate_key(); print(Fernet(k).decrypt(Fernet(k).encrypt(b"hi")))';
  const { stdout } = await run(inject('python'), ['-c', code]);
  expect(stdout.trim()).toBe("b'hi'");
});

test('Schemathesis 4 and Chromium run', async () => {
  expect((await run(inject('schemathesis'), ['--version'])).stdout).toContain(' 4.');
  expect((await run(inject('chromium'), ['--version'])).stdout).toMatch(/Chrom/);
});

describe('Keycloak', () => {
  const keycloak = inject('keycloak');
  let realm: TestRealm;
  let lenient: TestRealm;

  beforeAll(async () => {
    [realm, lenient] = await Promise.all([
      createRealm(keycloak),
      createRealm(keycloak, { unmanagedAttributePolicy: 'ADMIN_EDIT' }),
    ]);
  });

  test('is version 26.7.4', async () => {
    const admin = createAdminCall(keycloak);
    const info = await admin('GET', '/../serverinfo');
    expect(info.body).toMatchObject({ systemInfo: { version: '26.7.4' } });
  });

  test('drops attributes without a word where the user profile does not declare them', async () => {
    const id = await realm.createUser({ email: 'plain@example.com', attributes: { tier: ['free'] } });
    expect(await realm.getUser(id)).not.toHaveProperty('attributes.tier');
  });

  test('keeps them in a realm that allows administrators unmanaged attributes', async () => {
    const id = await lenient.createUser({ email: 'kept@example.com', attributes: { tier: ['free'] } });
    expect(await lenient.getUser(id)).toMatchObject({ email: 'kept@example.com', attributes: { tier: ['free'] } });
  });

  test('erases email and names when a PUT brings only attributes', async () => {
    const id = await lenient.createUser({ email: 'erased@example.com', username: 'erased', firstName: 'Ada' });
    await lenient.putUser(id, { attributes: { tier: ['free'] } });
    const user = await lenient.getUser(id);
    expect(user).toMatchObject({ username: 'erased', attributes: { tier: ['free'] } });
    expect(user).not.toHaveProperty('email');
    expect(user).not.toHaveProperty('firstName');
  });

  test('signs a person in with a password, and not once they are disabled or deleted', async () => {
    const user = { email: 'person@example.com', password: 'correct horse' };
    const id = await realm.createUser(user);
    expect((await realm.userToken(user.email, user.password)).split('.')).toHaveLength(3);
    const { username, email, firstName, lastName } = await realm.getUser(id);
    await realm.putUser(id, { username, email, firstName, lastName, enabled: false });
    await expect(realm.userToken(user.email, user.password)).rejects.toThrow('Account disabled');
    await realm.deleteUser(id);
    await expect(realm.userToken(user.email, user.password)).rejects.toThrow('Invalid user credentials');
  });

  test('gives a service account the roles that were asked for, and no more', async () => {
    const client = await realm.createConfidentialClient({ roles: ['view-users', 'query-users'] });
    const token = await realm.serviceToken(client);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.resource_access['realm-management'].roles.sort()).toEqual([
      'query-groups',
      'query-users',
      'view-users',
    ]);
  });
});
