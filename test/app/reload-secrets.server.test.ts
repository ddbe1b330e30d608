// A new secret takes the place of the old one only where it works at Keycloak, PostgreSQL and Redis.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createReload } from '../../src/app/reload.ts';
import { parseConfig } from '../../src/config/config.ts';
import { createLiveConfig, type LiveConfig } from '../../src/config/live-config.ts';
import { textOf } from '../../src/shared/live-text.ts';
import { createPinoLogger } from '../../src/telemetry/pino-logger.ts';
import { asSuperuser } from '../support/database/temporary-database.ts';
import { CLIENT, createReadyRealm } from '../support/keycloak/keycloak-test-realm.ts';
import type { TestRealm } from '../support/keycloak/realm.ts';
import { ownedFolder } from '../support/programs/temporary-folder.ts';

const role = `reload_${randomBytes(6).toString('hex')}`;
const WRONG = 'a-wrong-secret-word';

describe('SIGHUP with a new secret', () => {
  const folder = ownedFolder();
  let realm: TestRealm;
  let redis: Redis;
  let live: LiveConfig;
  let reload: () => void;
  const said: string[] = [];
  const put = (name: string, value: string): void =>
    writeFileSync(join(folder.path, name), `${value}\n`, { mode: 0o600 });
  const at = (base: string, password: string): string => {
    const url = new URL(base);
    url.username = role;
    url.password = password;
    return url.href;
  };
  beforeAll(async () => {
    realm = await createReadyRealm(inject('keycloak'));
    redis = new Redis(inject('redisUrl'));
    await redis.call('ACL', 'SETUSER', role, 'on', '>first', '+@all', '~*', '&*');
    await asSuperuser(inject('postgresUrl'), `create role ${role} login password 'first'`);
    put('client', CLIENT.clientSecret);
    put('database', at(inject('postgresUrl'), 'first'));
    put('redis', at(inject('redisUrl'), 'first'));
    const env = {
      KEYCLOAK_URL: inject('keycloak').url,
      KEYCLOAK_REALM: realm.name,
      KEYCLOAK_CLIENT_ID: CLIENT.clientId,
      KEYCLOAK_CLIENT_SECRET_FILE: join(folder.path, 'client'),
      DATABASE_URL_FILE: join(folder.path, 'database'),
      REDIS_URL_FILE: join(folder.path, 'redis'),
      ENCRYPTION_KEY: `${randomBytes(32).toString('base64url')}=`,
    };
    live = createLiveConfig(parseConfig(env));
    reload = createReload({
      env,
      live,
      apps: [],
      logger: createPinoLogger('info', { write: (line) => void said.push(line) }),
    });
  });
  afterAll(async () => {
    await redis?.call('ACL', 'DELUSER', role);
    redis?.disconnect();
    await asSuperuser(inject('postgresUrl'), `drop role if exists ${role}`);
    await realm?.deleteRealm();
    folder.remove();
  });

  const reloaded = async (): Promise<string> => {
    said.length = 0;
    reload();
    await expect.poll(() => said.length).toBeGreaterThan(0);
    return said.join('\n');
  };
  const inUse = (): string[] =>
    [live.config.keycloak?.clientSecret, live.config.databaseUrl, live.config.redisUrl].map((text) =>
      textOf(text ?? ''),
    );

  it.each([
    ['the client', 'KEYCLOAK_CLIENT_SECRET', () => put('client', WRONG), /Keycloak refuses it/],
    ['PostgreSQL', 'DATABASE_URL', () => put('database', at(inject('postgresUrl'), WRONG)), /password/],
    ['Redis', 'REDIS_URL', () => put('redis', at(inject('redisUrl'), WRONG)), /password/],
  ])('for %s that is wrong changes nothing, and names the variable', async (_, variable, spoil, words) => {
    const before = inUse();
    spoil();
    const text = await reloaded();
    expect(text).toContain('not reloaded: everything stays as it was');
    expect(text).toContain(`The new ${variable} does not work: `);
    expect(text).toMatch(words);
    expect(text).not.toContain(WRONG);
    expect(inUse()).toEqual(before);
    put('client', CLIENT.clientSecret);
    put('database', at(inject('postgresUrl'), 'first'));
    put('redis', at(inject('redisUrl'), 'first'));
  });

  it('for each of them that works is taken up', async () => {
    const clients = (await realm.admin('GET', `/clients?clientId=${CLIENT.clientId}`)).body as { id: string }[];
    const { value } = (await realm.admin('POST', `/clients/${clients[0]?.id}/client-secret`)).body as { value: string };
    await redis.call('ACL', 'SETUSER', role, '>second');
    await asSuperuser(inject('postgresUrl'), `alter role ${role} password 'second'`);
    put('client', value);
    put('database', at(inject('postgresUrl'), 'second'));
    put('redis', at(inject('redisUrl'), 'second'));
    expect(await reloaded()).toContain('"changed":["KEYCLOAK_CLIENT_SECRET","DATABASE_URL","REDIS_URL"]');
    expect(inUse()).toEqual([value, at(inject('postgresUrl'), 'second'), at(inject('redisUrl'), 'second')]);
  });
});
