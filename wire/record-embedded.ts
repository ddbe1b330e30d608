// The embedded store: demo users in the embedded database, which is reached over its socket.
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { makeServiceTokens } from './credentials.ts';
import { type Database, embeddedUsers } from './database.ts';
import type { Recorder } from './recorder.ts';
import { askDemoSignIn } from './requests/demo-sign-in.ts';
import { askEverything, SESSIONS } from './requests/everything.ts';
import { askUnderPath, LIMITS } from './requests/limits.ts';
import { freePort } from './servers.ts';
import type { Env } from './service.ts';
import { COMMON, withFakes } from './settings.ts';
import { type OnEntry, type RecordStore, type Variant, withVariant } from './variant.ts';

export const recordEmbedded: RecordStore = (root, { fakes, folder }) => {
  const start = async (name: string, onEntry: OnEntry, more: Env, use: (variant: Variant) => Promise<void>) => {
    const env = {
      ...COMMON,
      ...withFakes(fakes),
      PORT: String(await freePort()),
      BYOK_DATA_DIR: mkdtempSync(join(folder, 'data-')),
      ...more,
    };
    await withVariant({ root, prefix: `embedded ${name}`, env, fakes, openStore: embeddedUsers, onEntry }, use);
  };
  return [
    (onEntry) => start('main', onEntry, {}, recordMain),
    async (onEntry) => {
      const port = String(await freePort());
      await start(
        'limits',
        onEntry,
        { ...LIMITS, BASE_PATH: '/byok', INTERNAL_PORT: port, METRICS_TOKEN: '' },
        recordLimits,
      );
    },
  ];
};

async function recordLimits(variant: Variant): Promise<void> {
  const { to, database } = variant;
  await makeServiceTokens(variant, ['all']);
  await learnIds(to, database);
  await signIn(to, 'starter', 'starter@example.com');
  await to.settle();
  await askUnderPath(to);
}

async function recordMain(variant: Variant): Promise<void> {
  const { to, database } = variant;
  await addLegacy(database);
  // People have no access tokens here.
  to.world.bearers.set('person', 'no.such.token');
  await learnIds(to, database);
  for (const [as, who] of Object.entries({ ...SESSIONS, beside: 'starter' }))
    await signIn(to, as, `${who}@example.com`);
  await to.settle();
  await askEverything(variant, { askSignIn: askDemoSignIn });
}

/** Takes a cookie, unrecorded. */
async function signIn({ peek, world }: Recorder, as: string, email: string): Promise<void> {
  const { headers } = await peek({ name: 'signing in', method: 'POST', path: '/auth/demo', json: { email } });
  const cookie = headers.find(([name]) => name === 'set-cookie')?.[1].split(';', 1)[0] ?? '';
  world.cookies.set(as, cookie);
}

/** Somebody who never signs in, with keys that the service did not write. */
async function addLegacy({ run }: Database): Promise<void> {
  const attributes = { subscription_tier: ['starter'], api_calls_limit: ['2'], department: ['Research'] };
  await run(
    `insert into embedded_users (id, username, email, first_name, last_name, attributes)
      values (gen_random_uuid()::text, 'legacy', 'legacy@example.com', 'Old', 'Legacy', $1)`,
    [JSON.stringify(attributes)],
  );
}

async function learnIds({ world }: Recorder, { run }: Database): Promise<void> {
  for (const { id, username } of await run('select id, username from embedded_users')) {
    world.values.set(`id:${username}`, String(id));
    world.known.set(String(id), `<id of ${username}>`);
  }
}
