// How people and services of a realm get what they send: sessions by signing in, access tokens, sessions of the platform.
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Recorder } from '../recorder.ts';
import { forgeries } from '../requests/bearers.ts';
import { PAGE } from '../step.ts';
import { createVisitor } from './keycloak-visitor.ts';
import { emailOf, type Realm } from './realm.ts';

/** Names in place of what the realm has made up. */
export function learnRealm({ world }: Recorder, { realm, ids }: Realm): void {
  world.known.set(realm.name, '<realm>');
  for (const [username, id] of ids) {
    world.values.set(`id:${username}`, id);
    world.known.set(id, `<id of ${username}>`);
  }
}

/** Takes a session, unrecorded. */
export async function signIn({ peek, world }: Recorder, { password }: Realm, as: string, who: string): Promise<void> {
  const name = 'signing in';
  const begun = await peek({ name, path: '/auth/login', headers: PAGE });
  const { cookie, callback } = await createVisitor({ email: emailOf(who), password }).answer(begun);
  const { headers, status } = await peek({ name, path: callback, headers: { cookie } });
  const session = headers.find(([header]) => header === 'set-cookie')?.[1].split(';', 1)[0];
  if (session === undefined) throw new Error(`${who} could not sign in: ${status}`);
  world.cookies.set(as, session);
}

/** @param url of Keycloak, as the service knows it. */
export async function giveBearers({ world }: Recorder, realm: Realm, url: string): Promise<void> {
  const person = await realm.accessToken(url, 'starter');
  const bearers = {
    person,
    administrator: await realm.accessToken(url, 'enterprise'),
    'of-another-audience': await realm.accessToken(url, 'starter', 'app-of-others'),
    gateway: await realm.serviceToken(url, 'gateway'),
    stranger: await realm.serviceToken(url, 'stranger'),
    ...forgeries(person),
  };
  for (const [name, token] of Object.entries(bearers)) {
    world.bearers.set(name, token);
    world.values.set(`token:${name}`, token);
  }
}

/** Sessions as the ops-center back end keeps them (docs/storage.md). */
export async function givePlatformSessions({ world }: Recorder, { ids }: Realm, redis: Redis): Promise<void> {
  const users: Readonly<Record<string, object | string>> = {
    'of-sub': { sub: ids.get('starter') },
    'of-email': { email: emailOf('trial') },
    'of-both': { sub: ids.get('starter'), email: emailOf('trial') },
    'of-administrator': { sub: ids.get('enterprise') },
    'of-nobody': { email: 'nobody@example.com' },
    'of-nothing': {},
    'of-nonsense': 'nonsense',
  };
  for (const [name, user] of Object.entries(users)) {
    world.cookies.set(`platform-${name}`, await platformCookie(redis, user));
  }
}

/** The Cookie header of a new one. */
export async function platformCookie(redis: Redis, user: object | string): Promise<string> {
  const token = randomBytes(24).toString('base64url');
  await redis.set(`session:${token}`, JSON.stringify({ user, created: '2025-10-10T22:00:00' }), 'EX', 7200);
  return `session_token=${token}`;
}
