// A real standby of PostgreSQL: a start waits for it, and the service is ready once it is promoted.
import { randomBytes } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import pg from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';
import { startPostgres, startStandby } from '../support/servers/postgres-server.ts';
import { findProgram } from '../support/servers/programs.ts';
import { startMainProcess } from '../support/service/main-process.ts';
import { startReplica } from '../support/service/replica.ts';

const KEY = randomBytes(32).toString('base64url').concat('=');
const READY_MS = 20_000;

describe('a standby', () => {
  it('is waited for: not ready before it is promoted, and ready after', async () => {
    const parent = temporaryFolder();
    await chmod(parent, 0o755);
    const programs = await findProgram('postgres');
    const primary = await startPostgres(programs, parent);
    onTestFinished(primary.stop);
    const fresh = await startStandby(programs, parent, primary.url);
    onTestFinished(fresh.stop);
    // Without its tables it cannot even begin, and says why, once.
    const early = startMainProcess({ DATABASE_URL: fresh.url, ENCRYPTION_KEY: KEY, BYOK_DATA_DIR: parent });
    const first = await startKeycloakService({ env: { DATABASE_URL: primary.url, ENCRYPTION_KEY: KEY } });
    onTestFinished(first.stop);
    const service = await startReplica(first, { DATABASE_URL: fresh.url });
    onTestFinished(service.stop);
    expect(await service.client().get('/readyz')).toMatchObject({
      status: 503,
      body: { status: 'not_ready', reasons: { database: 'read_only' } },
    });
    const admin = new pg.Client({ connectionString: fresh.url });
    await admin.connect();
    await admin.query('select pg_promote()');
    await admin.end();
    await vi.waitFor(async () => expect((await service.client().get('/readyz')).status).toBe(200), READY_MS);
    const waited = await early;
    onTestFinished(waited.end);
    expect(waited.output().match(/waiting to start: PostgreSQL takes no writes/g)).toHaveLength(1);
  });
});
