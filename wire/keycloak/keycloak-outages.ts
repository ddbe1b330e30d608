// Everything is asked again without Redis, without PostgreSQL and without Keycloak, and with a Keycloak that is not right.
import { setTimeout } from 'node:timers/promises';
import type { Recorder } from '../recorder.ts';
import { askAway, askChanges, untilReady } from '../requests/outages.ts';
import type { TcpProxy } from '../servers.ts';
import type { KeycloakGate } from './keycloak-gate.ts';
import { signIn } from './keycloak-people.ts';
import { emailOf, type Realm, withoutAttribute } from './realm.ts';

/** What the service speaks to, each behind something that can be shut. */
export interface Behind {
  readonly gate: KeycloakGate;
  readonly database: TcpProxy;
  readonly redis: TcpProxy;
}

export async function askDuringOutages(to: Recorder, realm: Realm, behind: Behind): Promise<void> {
  const { gate, database, redis } = behind;
  await askWithWrongKeycloak(to, realm, gate);
  await prepare(to, realm, 'redis');
  await redis.cut();
  await untilReady(to, 'degraded');
  await askAway(to, 'without Redis');
  await redis.restore();
  await untilReady(to, 'ready');
  await prepare(to, realm, 'database');
  await database.cut();
  await untilReady(to, 'not_ready');
  // A service token that was seen counts from memory for five seconds.
  await setTimeout(5_500);
  await askAway(to, 'without PostgreSQL');
  await database.restore();
  await untilReady(to, 'ready');
  await prepare(to, realm, 'keycloak');
  await gate.shut();
  await askAway(to, 'without Keycloak');
  await gate.open();
  await untilReady(to, 'ready');
  await prepare(to, realm, 'nothing');
  await askAway(to, 'with all again');
}

async function askWithWrongKeycloak(to: Recorder, realm: Realm, gate: KeycloakGate): Promise<void> {
  await prepare(to, realm, 'nothing');
  gate.loseWrites(true);
  await askChanges(to, 'while writes are lost');
  gate.loseWrites(false);
  await prepare(to, realm, 'nothing');
  await withoutAttribute(realm, 'byok_openai_label', async () => {
    await askChanges(to, 'while the realm does not know an attribute');
  });
}

/** People with sessions: some are in the service's memory, with a key, and one is not. */
async function prepare(to: Recorder, realm: Realm, what: string): Promise<void> {
  const unknown = `unknown-${what}`;
  const sessions = { known: 'starter', 'known-too': 'starter', enterprise: 'enterprise', unknown };
  for (const [as, who] of Object.entries(sessions)) await signIn(to, realm, as, who);
  to.world.values.set('unknown', emailOf(unknown));
  const json = { provider: 'openai', key: 'sk-good-0123456789' };
  await to.peek({ name: 'a key', method: 'POST', path: '/api/v1/byok/keys/add', as: 'known', json });
  for (const path of ['/auth/me', '/api/v1/byok/keys']) await to.peek({ name: 'into memory', path, as: 'known' });
  await to.peek({ name: 'into memory', path: '/auth/me', as: 'enterprise' });
  await to.settle();
}
