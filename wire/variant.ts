// One start of the service, with what is known of it and what watches it.
import { type Database, openDatabase } from './database.ts';
import { createEffects } from './effects.ts';
import { createRecorder, createWorld, type Recorder } from './recorder.ts';
import type { Entry, Json } from './recording.ts';
import type { FakeProviders, Servers } from './servers.ts';
import { type Env, type Service, startService } from './service.ts';
import { ENCRYPTION_KEY, METRICS_TOKEN } from './settings.ts';
import type { UserStore } from './store.ts';

export interface Variant {
  readonly to: Recorder;
  readonly service: Service;
  readonly database: Database;
  readonly store: UserStore;
}

export type OnEntry = (entry: Entry) => void;

/** Each of its functions records one variant of the service. */
export type RecordStore = (root: string, servers: Servers) => readonly ((onEntry: OnEntry) => Promise<void>)[];

export interface VariantOptions {
  readonly root: string;
  /** Store and variant. */
  readonly prefix: string;
  readonly env: Env;
  /** Where the database is: that of the folder unless told. */
  readonly databaseUrl?: string;
  readonly fakes: FakeProviders;
  readonly openStore: (database: Database) => UserStore;
  readonly onEntry: OnEntry;
  /** False: where it is not expected to take work. */
  readonly ready?: boolean;
}

/** Starts it, lets `use` record, and stops it. */
export async function withVariant(options: VariantOptions, use: (variant: Variant) => Promise<void>): Promise<void> {
  const { root, prefix, env, fakes, databaseUrl, onEntry, ready = true } = options;
  await using opened = new AsyncDisposableStack();
  const service = await startService(root, env, { ready });
  opened.defer(() => service.stop());
  const database = await openDatabase(
    databaseUrl === undefined ? { folder: env.BYOK_DATA_DIR ?? '' } : { url: databaseUrl },
  );
  opened.defer(() => database.close());
  const store = options.openStore(database);
  const world = createWorld();
  const { values, known, bearers } = world;
  const { port, internalPort } = service;
  for (const [name, value] of Object.entries({
    port: String(port),
    origin: `http://localhost:${port}`,
    'public-url': env.PUBLIC_URL ?? `http://localhost:${port}`,
    'fake-https': new URL(fakes.httpsUrl('custom')).origin,
  }))
    values.set(name, value);
  known.set(String(fakes.httpsPort), '<port of the providers>');
  if (internalPort !== port) known.set(String(internalPort), '<internal port>');
  known.set(String(port), '<port>');
  bearers.set('metrics', METRICS_TOKEN);
  bearers.set('made-up', `byok_st_${'x'.repeat(43)}`);
  const { normalise } = world;
  const effects = await createEffects({ database, store, normalise, encryptionKey: ENCRYPTION_KEY });
  await use({ to: createRecorder({ prefix, service, effects, world, onEntry }), service, database, store });
}

const TABLES: Readonly<Record<string, string>> = {
  key_projection: 'select user_id, provider, enabled, test_status from key_projection',
  usage_counters: 'select user_id, day::text, used from usage_counters',
  usage_events:
    "select service, event_id, user_id, provider, tokens_used, cost_usd::text from usage_events where event_id not like 'many-%'",
  usage_batches: 'select service, batch_key, answer from usage_batches',
  service_tokens: 'select name, scopes, providers, revoked_at is null as valid from service_tokens',
  write_intents: 'select user_id from write_intents',
};

/** What people and services have left in the tables that no answer shows as a whole. */
export async function noteTables({ to, database }: Pick<Variant, 'to' | 'database'>): Promise<void> {
  for (const [table, sql] of Object.entries(TABLES)) {
    const rows = to.world.normalise(JSON.parse(JSON.stringify(await database.run(sql)))) as readonly Json[];
    // Ids are random: only what they are recorded as has an order.
    const sorted = rows.map((row) => JSON.stringify(row)).sort();
    await to.note(`rows of ${table}`, sql, sorted);
  }
}
