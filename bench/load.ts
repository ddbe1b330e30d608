// Releases at a fixed rate over a real Keycloak, and what a read costs in a small realm and in a large one.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { createKeyVault } from '../src/crypto/key-vault.ts';
import { CLIENT, createReadyRealm } from '../test/support/keycloak/keycloak-test-realm.ts';
import { startKeycloak } from '../test/support/servers/keycloak-server.ts';
import { startPostgres } from '../test/support/servers/postgres-server.ts';
import { findPrograms } from '../test/support/servers/programs.ts';
import { importUsers, userId } from './many-users.ts';
import { median, milliseconds } from './measure.ts';
import { type Load, openLoop, percentile } from './open-loop.ts';
import { serviceToken } from './releases.ts';
import { atMost, type Result, result } from './result.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';

const MASTER_KEY = Buffer.alloc(32, 7);
const USERS = 1000;
const RATE = 100;
const SECONDS = 20;
const FEW = 100;
const MANY = 20_000;
const READS = 300;

export async function benchLoad(): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'byok-bench-'));
  // PostgreSQL may run under an account of its own.
  chmodSync(folder, 0o755);
  const programs = await findPrograms();
  const [keycloak, postgres] = await Promise.all([
    startKeycloak(programs.java, folder),
    startPostgres(programs.postgres, folder, { durable: true }),
  ]);
  const realm = await createReadyRealm(keycloak.keycloak);
  const vault = createKeyVault([MASTER_KEY], { requireBinding: true });
  const agent = new Agent({ connections: 64 });
  // A second is the shortest memory: at this rate nobody is asked for twice within it.
  const start = (cacheSeconds: number): Promise<ServiceProcess> =>
    startServiceProcess({
      KEYCLOAK_URL: keycloak.keycloak.url,
      KEYCLOAK_REALM: realm.name,
      KEYCLOAK_CLIENT_ID: CLIENT.clientId,
      KEYCLOAK_CLIENT_SECRET: CLIENT.clientSecret,
      ENCRYPTION_KEY: `${MASTER_KEY.toString('base64url')}=`,
      DATABASE_URL: postgres.url,
      CACHE_TTL_SECONDS: String(cacheSeconds),
    });
  const services: ServiceProcess[] = [];
  try {
    await importUsers(realm, vault, 0, FEW);
    services.push(await start(300), await start(1));
    const [cached, uncached] = services as [ServiceProcess, ServiceProcess];
    const token = serviceToken(cached);
    const release = (service: ServiceProcess) => (i: number) => releaseOf(agent, service, token, i);
    const readOfFew = await readTime(uncached, release, FEW);
    await importUsers(realm, vault, FEW, USERS);
    // Compiles code and fills memory: at a rate that Keycloak bears.
    await openLoop({ rate: RATE, seconds: USERS / RATE }, (i) => release(cached)(i));
    await openLoop({ rate: RATE, seconds: 5 }, (i) => release(uncached)(i));
    const fast = await openLoop({ rate: RATE, seconds: SECONDS }, (i) => release(cached)(i % USERS));
    const slow = await openLoop({ rate: RATE, seconds: SECONDS }, (i) => release(uncached)(i % USERS));
    console.error(`Importing ${MANY} users …`);
    await importUsers(realm, vault, USERS, MANY);
    const readOfMany = await readTime(uncached, release, MANY);
    return [
      p99(`p99 of cached releases, ${USERS} users at ${RATE}/s`, fast, 150),
      p99(`p99 of uncached releases, ${USERS} users at ${RATE}/s`, slow, 500),
      result(
        `Uncached release in a realm of ${MANY} users to one of ${FEW}`,
        readOfMany / readOfFew,
        '×',
        atMost(1.3),
        `${readOfMany.toFixed(2)} ms to ${readOfFew.toFixed(2)} ms at p50`,
      ),
    ];
  } finally {
    await agent.close();
    await Promise.all(services.map((service) => service.stop()));
    await Promise.all([keycloak.stop(), postgres.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function releaseOf(agent: Agent, { internalUrl }: ServiceProcess, token: string, i: number): Promise<void> {
  const { statusCode, body } = await request(`${internalUrl}/api/v1/byok/internal/keys/resolve`, {
    method: 'POST',
    dispatcher: agent,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ user: { id: userId(i) }, provider: 'openai' }),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`a release answered ${statusCode}: ${text}`);
}

/** Of one uncached release after the other, for users from all over the realm; half of them do not count. */
async function readTime(
  service: ServiceProcess,
  release: (service: ServiceProcess) => (i: number) => Promise<void>,
  users: number,
): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 2 * READS; i += 1) {
    const user = Math.floor(Math.random() * users);
    await service.forget(userId(user));
    times.push(await milliseconds(() => release(service)(user)));
  }
  return median(times.slice(READS));
}

function p99(name: string, { times, failed, rate }: Load, limit: number): Result {
  if (failed > 0) throw new Error(`${failed} requests failed`);
  const at = (p: number): string => `${percentile(times, p).toFixed(1)} ms`;
  const detail = `p50 ${at(0.5)}, p95 ${at(0.95)}; ${rate.toFixed(1)} requests/s were sent`;
  return result(name, percentile(times, 0.99), 'ms', atMost(limit), detail);
}
