// Over a real Keycloak: what the service adds to the raw call, and how many calls it makes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { CLIENT, createReadyRealm } from '../test/support/keycloak/keycloak-test-realm.ts';
import { PEOPLES_CLIENT, personTokens } from '../test/support/keycloak/person-tokens.ts';
import type { TestRealm } from '../test/support/keycloak/realm.ts';
import { type KeycloakServer, startKeycloak } from '../test/support/servers/keycloak-server.ts';
import { findPrograms } from '../test/support/servers/programs.ts';
import { interleave, median, milliseconds } from './measure.ts';
import { addKey, addKeys } from './requests.ts';
import { atMost, exactly, type Result, result } from './result.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';

const WARM_UP = 1500;
const READS = 600;
const ADDS = 50;
const PERSON = { email: 'bench@example.com', password: 'a-password-of-the-bench' };

export async function benchKeycloak(): Promise<Result[]> {
  const { java } = await findPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'byok-bench-'));
  const server = await startKeycloak(java, folder);
  try {
    return await measureOver(server.keycloak);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureOver(keycloak: KeycloakServer): Promise<Result[]> {
  const realm = await createReadyRealm(keycloak);
  const userId = await realm.createUser({ ...PERSON, attributes: { subscription_tier: ['starter'] } });
  const service = await startServiceProcess({
    KEYCLOAK_URL: keycloak.url,
    KEYCLOAK_REALM: realm.name,
    KEYCLOAK_CLIENT_ID: CLIENT.clientId,
    KEYCLOAK_ALLOWED_CLIENTS: PEOPLES_CLIENT,
    KEYCLOAK_CLIENT_SECRET: CLIENT.clientSecret,
    ENCRYPTION_KEY: `${Buffer.alloc(32, 7).toString('base64url')}=`,
  });
  const agent = new Agent({ connections: 1 });
  try {
    const headers = { authorization: `Bearer ${await (await personTokens(realm))(PERSON)}` };
    await addKeys(service.url, headers);
    const raw = rawRead(agent, keycloak, realm, userId);
    return [...(await reads(service, userId, headers, raw, agent)), await adds(service, headers)];
  } finally {
    await agent.close();
    await service.stop();
    await realm.deleteRealm();
  }
}

async function reads(
  service: ServiceProcess,
  userId: string,
  headers: Readonly<Record<string, string>>,
  raw: () => Promise<unknown>,
  agent: Agent,
): Promise<Result[]> {
  // The same client on both sides: what it costs is not ours.
  const list = async (): Promise<void> => {
    const { statusCode, body } = await request(`${service.url}/api/v1/byok/keys`, { dispatcher: agent, headers });
    await body.text();
    if (statusCode !== 200) throw new Error(`the service answered ${statusCode}`);
  };
  // Both sides begin after the same pause: a Keycloak that has rested answers more slowly.
  const afterForgetting = (call: () => Promise<unknown>) => async (): Promise<number> => {
    await service.forget(userId);
    return milliseconds(call);
  };
  const uncached = afterForgetting(list);
  // The first calls compile code and open sockets.
  for (let i = 0; i < WARM_UP; i += 1) {
    await raw();
    await uncached();
  }
  await service.takeCalls();
  const times = await interleave(READS, { raw: afterForgetting(raw), uncached });
  const calls = (await service.takeCalls()) / (READS + 1);
  return [
    result('Keycloak calls of an uncached GET /keys', calls, 'calls', exactly(1), `over ${READS + 1} reads`),
    result(
      'Uncached GET /keys adds to the raw Keycloak call, p50',
      times.uncached - times.raw,
      'ms',
      atMost(1),
      `${times.uncached.toFixed(2)} ms to ${times.raw.toFixed(2)} ms`,
    ),
  ];
}

async function adds(service: ServiceProcess, headers: Readonly<Record<string, string>>): Promise<Result> {
  await service.takeCalls();
  const times: number[] = [];
  for (let i = 0; i < ADDS; i += 1) times.push(await milliseconds(() => addKey(service.url, headers, 'openai')));
  const calls = (await service.takeCalls()) / ADDS;
  return result(
    'Keycloak calls of an add',
    calls,
    'calls',
    exactly(3),
    `${median(times).toFixed(1)} ms at p50, over ${ADDS} adds`,
  );
}

/** The same look-up without us: one undici request on a kept-alive socket. */
function rawRead(agent: Agent, keycloak: KeycloakServer, realm: TestRealm, userId: string): () => Promise<unknown> {
  let token: Promise<string> | undefined;
  let asked = 0;
  return async () => {
    if (token === undefined || performance.now() - asked > 60_000) {
      asked = performance.now();
      token = realm.serviceToken(CLIENT);
    }
    const { statusCode, body } = await request(`${keycloak.url}/admin/realms/${realm.name}/users/${userId}`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${await token}` },
    });
    if (statusCode !== 200) throw new Error(`Keycloak answered ${statusCode}`);
    return body.json();
  };
}
