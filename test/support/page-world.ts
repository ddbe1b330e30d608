// A service with something to show on every page: people with keys in each state, services that use them, and a history.
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { createPostgresKeyProjection } from '../../src/adapters/postgres-key-projection.ts';
import { dayOf } from '../../src/domain/key-projection.ts';
import { PROVIDERS } from '../../src/domain/provider-table.ts';
import { API, type ApiClient } from './api-client.ts';
import { type FakeProviders, startFakeProviders } from './fake-providers.ts';
import { fillPeople } from './page-people.ts';
import { providerEnv } from './provider-env.ts';
import { demoClient, type Env, type RunningService, startService } from './running-service.ts';
import { newServiceTokenFor } from './service-token.ts';

const DAY_MS = 86_400_000;

export interface PageWorld {
  readonly service: RunningService;
  readonly fakes: FakeProviders;
  /** A key that the fake provider treats so: `good`, `bad`, `quota`, … */
  key(provider: string, behaviour: string): string;
  close(): Promise<void>;
}

export async function startPageWorld(env: Env = {}): Promise<PageWorld> {
  const fakes = await startFakeProviders();
  const service = await startService({ ...providerEnv(fakes), ...env });
  return {
    service,
    fakes,
    key: (provider, behaviour) =>
      `${PROVIDERS.get(provider)?.prefix ?? ''}${behaviour}-${randomBytes(18).toString('base64url')}`,
    async close() {
      await service.stop();
      await fakes.close();
    },
  };
}

const PROFESSIONAL: readonly (readonly [provider: string, behaviour: string, label: string, days: number])[] = [
  ['openai', 'good', 'Production', 63],
  ['anthropic', 'good', 'Team account', 41],
  ['huggingface', 'restricted', 'Read-only token', 20],
  ['perplexity', 'quota', 'Search experiments', 12],
  ['groq', 'bad', 'Old laptop', 140],
];
const OTHERS: readonly (readonly [tier: string, provider: string, behaviour: string])[] = [
  ['enterprise', 'openai', 'good'],
  ['enterprise', 'anthropic', 'ratelimited'],
  ['enterprise', 'together', 'good'],
];

/** Fills the world with people and their keys, with tests and releases, and with ninety days of history. */
export async function fillPageWorld(world: PageWorld): Promise<void> {
  await fillPeople(world.service);
  const person = await demoClient(world.service, 'professional');
  for (const [provider, behaviour, label] of PROFESSIONAL) await addAndTest(world, person, provider, behaviour, label);
  for (const [tier, provider, behaviour] of OTHERS)
    await addAndTest(world, await demoClient(world.service, tier), provider, behaviour, 'Main');
  await person.send('PATCH', `${API}/keys/huggingface`, { json: { label: 'Models, read-only' } });
  for (const [name, provider] of [
    ['open-webui', 'openai'],
    ['center-deep-search', 'perplexity'],
    ['agents', 'anthropic'],
    ['open-webui', 'openai'],
  ] as const)
    await release(world, name, provider);
  await backdate(world);
  await writeHistory(world);
}

async function addAndTest(world: PageWorld, client: ApiClient, provider: string, behaviour: string, label: string) {
  const added = await client.post(`${API}/keys/add`, { provider, key: world.key(provider, behaviour), label });
  if (added.status !== 200) throw new Error(`${provider}: ${added.text}`);
  await client.post(`${API}/keys/test/${provider}`);
}

const tokens = new Map<string, string>();

async function release({ service }: PageWorld, name: string, provider: string): Promise<void> {
  const token = tokens.get(`${service.url}${name}`) ?? (await newServiceTokenFor(service, { name }));
  tokens.set(`${service.url}${name}`, token);
  await service.serviceClient(token).post('/keys/resolve', { user: { email: 'professional@example.com' }, provider });
}

/** Keys of weeks ago, as in a life that has gone on for a while. */
async function backdate({ service }: PageWorld): Promise<void> {
  const { db } = service.core.database;
  for (const [provider, , , days] of PROFESSIONAL) {
    const added = JSON.stringify([new Date(Date.now() - days * DAY_MS).toISOString()]);
    await sql`update embedded_users set attributes = jsonb_set(attributes::jsonb, ${sql.lit(`{byok_${provider}_added_date}`)}, ${added}::jsonb)
      where email = 'professional@example.com'`.execute(db);
  }
}

/** Days that grew into what is counted today. */
async function writeHistory({ service }: PageWorld): Promise<void> {
  const projection = createPostgresKeyProjection(service.core.database.db);
  const now = await projection.count();
  const usersNow = await service.core.directory.count();
  for (let ago = 90; ago > 0; ago -= 1) {
    const grown = 1 - ago / 91;
    const part = 0.12 + 0.88 * grown ** 1.3 + (Math.sin(ago / 5) * 0.03 * ago) / 90;
    await projection.saveSnapshot({
      day: dayOf(new Date(Date.now() - ago * DAY_MS)),
      usersTotal: Math.round(usersNow * (0.6 + 0.4 * grown)),
      usersWithKeys: Math.round(now.usersWithKeys * part),
      keys: Object.fromEntries(Object.entries(now.keys).map(([id, keys]) => [id, Math.round(keys * part)])),
    });
  }
}
