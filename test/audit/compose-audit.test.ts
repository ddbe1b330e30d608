// The audit log as the running service keeps it: old rows go, anchors leave, and what cannot be recorded is not done.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { sql } from 'kysely';
import { expect, it, onTestFinished, vi } from 'vitest';
import { anchorOf } from '../../src/audit/audit-chain.ts';
import { auditFields } from '../../src/audit/audit-fields.ts';
import { appendAuditRows, lockAuditChain } from '../../src/audit/postgres-audit-rows.ts';
import { createPostgresAuditTrail } from '../../src/audit/postgres-audit-trail.ts';
import { dataFolder } from '../support/database/data-folder.ts';
import { anEvent } from '../support/memory/audit-rows.ts';
import { API } from '../support/service/api-client.ts';
import { demoClient, type RunningService, startService } from '../support/service/running-service.ts';

const start = async (env: Record<string, string>): Promise<RunningService> => {
  const service = await startService(env);
  onTestFinished(() => service.stop());
  return service;
};

/** Takes documents by POST, and answers as it is told. */
async function startWitness() {
  const witness = { bodies: [] as unknown[], status: 204, url: '' };
  const server = createServer(async (request, response) => {
    witness.bodies.push(JSON.parse(await text(request)));
    response.writeHead(witness.status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  witness.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/anchors`;
  return witness;
}

it('rows older than AUDIT_RETENTION_DAYS go, and the chain stays whole', async () => {
  const folder = await dataFolder();
  const first = await start({ BYOK_DATA_DIR: folder });
  const { database, auditChain } = first.core;
  const old = { fields: auditFields(anEvent()), at: new Date(Date.now() - 40 * 86_400_000) };
  await database.db.transaction().execute(async (trx) => {
    await lockAuditChain(trx);
    await appendAuditRows(trx, auditChain, [old, old, { ...old, at: new Date() }]);
  });
  await first.stop();

  const second = await start({ BYOK_DATA_DIR: folder, AUDIT_RETENTION_DAYS: '30' });
  const trail = createPostgresAuditTrail(second.core.database.db, second.core.auditChain);
  await vi.waitFor(
    async () =>
      expect((await trail.page({}, 10)).map(({ seq, action }) => [seq, action])).toEqual([
        [4, 'audit.checkpoint'],
        [3, 'key.add'],
      ]),
    { timeout: 10_000 },
  );
  expect(await trail.verify([])).toMatchObject({ rows: 2, firstBad: undefined });
  expect(second.logs.some((line) => line.includes('old audit rows were deleted'))).toBe(true);
});

it('rows that somebody has made old stay, and the log says once a day what to do', async () => {
  const folder = await dataFolder();
  const first = await start({ BYOK_DATA_DIR: folder });
  await demoClient(first);
  const { db } = first.core.database;
  await sql`update audit_log set at = at - interval '40 days'`.execute(db);
  await first.stop();

  const second = await start({ BYOK_DATA_DIR: folder, AUDIT_RETENTION_DAYS: '30' });
  await vi.waitFor(
    () => expect(second.logs.find((line) => line.includes('old audit rows could not be deleted'))).toBeDefined(),
    { timeout: 10_000 },
  );
  const line = second.logs.find((one) => one.includes('old audit rows could not be deleted')) ?? '';
  expect(JSON.parse(line)).toMatchObject({ level: 'error', reason: expect.stringContaining('row 1 was changed') });
  expect(line).toContain('byok audit verify');
  expect(await second.core.database.db.selectFrom('audit_log').select('seq').execute()).toHaveLength(1);
});

it('the last row is announced and sent at a stop, whatever LOG_LEVEL says', async () => {
  const witness = await startWitness();
  const service = await start({ AUDIT_ANCHOR_URL: witness.url, LOG_LEVEL: 'fatal' });
  const client = await demoClient(service);
  await client.delete(`${API}/keys/groq`);
  const last = await service.core.database.db
    .selectFrom('audit_log')
    .select(['seq', 'mac'])
    .where('seq', '=', 2)
    .executeTakeFirst();
  await service.stop();
  const anchor = { seq: 2, head: anchorOf(last ?? { seq: 0, mac: '' }) };
  expect(witness.bodies).toEqual([anchor]);
  expect(service.logs.map((line) => JSON.parse(line))).toEqual([
    { level: 'info', time: expect.any(String), ...anchor, msg: 'audit anchor' },
  ]);
});

it('a witness that does not take an anchor is complained of, and stops nothing', async () => {
  const witness = await startWitness();
  witness.status = 500;
  const service = await start({ AUDIT_ANCHOR_URL: witness.url });
  await demoClient(service);
  await service.stop();
  expect(witness.bodies).toHaveLength(1);
  expect(service.logs.find((line) => line.includes('an audit anchor could not be sent'))).toContain('status 500');
});
