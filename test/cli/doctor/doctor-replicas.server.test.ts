import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
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
