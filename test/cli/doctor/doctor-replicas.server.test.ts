import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { keyPlace } from '../../../src/crypto/key-place.ts';
import { createKeyVault } from '../../../src/crypto/key-vault.ts';
import { masterKeyId } from '../../../src/crypto/master-keys.ts';
import { asSuperuser } from '../../support/database/temporary-database.ts';
import { startKeycloakService } from '../../support/keycloak/keycloak-service.ts';
import { startReplica } from '../../support/service/replica.ts';

const CLI = new URL('../../../src/cli.ts', import.meta.url).pathname;

interface Finding {
  readonly level: string;
  readonly subject: string;
  readonly message: string;
}

it('doctor says when several replicas run without Redis, and the second one to start does', async () => {
  const service = await startKeycloakService({ env: { REDIS_URL: '' } });
  const diagnose = async (): Promise<Finding[]> => {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor', '--json'], {
      env: { PATH: process.env.PATH, ...service.env },
    }).catch((error: { stdout: string }) => error);
    return JSON.parse(stdout) as Finding[];
  };
  const aboutReplicas = (findings: readonly Finding[]): Finding[] =>
    findings.filter(({ message }) => message.includes('replicas'));
  try {
    expect(aboutReplicas(await diagnose())).toEqual([]);
    // Later it sees the second one too, at one of its looks every ten seconds.
    expect(service.logs.join('')).not.toContain('without Redis');
    const second = await startReplica(service);
    try {
      expect(aboutReplicas(await diagnose())).toMatchObject([
        { level: 'ok', message: 'all replicas have the same encryption keys' },
        { level: 'warn', subject: 'Database', message: expect.stringContaining('set REDIS_URL for all of them') },
      ]);
      expect(second.logs.join('')).toContain('several replicas run without Redis: set REDIS_URL');
    } finally {
      await second.stop();
    }
    expect(aboutReplicas(await diagnose())).toEqual([]);
  } finally {
    await service.stop();
  }
});

it('doctor says on which host an encryption key is missing, and how far a change of it is', async () => {
  const service = await startKeycloakService();
  const old = service.encryptionKey;
  const fresh = `${randomBytes(32).toString('base64url')}=`;
  const diagnose = async (encryptionKey: string): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor', '--json'], {
      env: { PATH: process.env.PATH, ...service.env, ENCRYPTION_KEY: encryptionKey },
    }).catch((error: { stdout: string }) => error);
    const findings = JSON.parse(stdout) as Finding[];
    return findings.map(({ level, message }) => `${level}: ${message}`).join('\n');
  };
  const second = await startReplica(service, { ENCRYPTION_KEY: `${fresh},${old}` });
  try {
    const uneven = await diagnose(old);
    expect(uneven).toMatch(
      new RegExp(
        `fail: the replica on ${hostname()} \\(started .*\\) lacks the encryption key with the id [0-9a-f]{12}`,
      ),
    );
    expect(uneven).toContain('fail: ENCRYPTION_KEY here lacks the key');
    expect(await diagnose(`${fresh},${old}`)).not.toContain('ENCRYPTION_KEY here lacks');
    for (const key of [fresh, old]) expect(uneven).not.toContain(key.slice(0, 12));
  } finally {
    await second.stop();
    await service.stop();
  }
});

it('doctor judges the keys of people by what the service knows of encryption keys', async () => {
  const service = await startKeycloakService();
  const leaked = randomBytes(32);
  const list = `${service.encryptionKey},${leaked.toString('base64url')}=`;
  const person = await service.newPerson();
  const place = keyPlace({ kind: 'user', id: person.id }, { provider: 'openai', endpoint: undefined });
  const { token, binding } = createKeyVault([leaked], { requireBinding: true }).seal(place, 'sk-0123456789abcdef');
  const user = await service.realm.getUser(person.id);
  const attributes = { ...(user.attributes as object), byok_openai_key: [token], byok_openai_binding: [binding] };
  await service.realm.putUser(person.id, { ...user, attributes });
  const aboutPerson = async (): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'doctor', '--json'], {
      env: { PATH: process.env.PATH, ...service.env, ENCRYPTION_KEY: list },
    }).catch((error: { stdout: string }) => error);
    const findings = JSON.parse(stdout) as Finding[];
    return findings.flatMap(({ message }) => (message.includes(person.id) ? [message] : [])).join();
  };
  try {
    expect(await aboutPerson()).toBe('');
    await asSuperuser(service.databaseUrl, `update key_check set retired = '${masterKeyId(leaked)}'`);
    expect(await aboutPerson()).toContain('the OpenAI key is not bound to this account and so not used');
  } finally {
    await service.stop();
  }
});
