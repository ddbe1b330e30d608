// A service with something to show on every page: people with keys in each state, services that use them, and a history.
import { randomBytes } from 'node:crypto';
import { dayOf } from '../../../src/adoption/key-projection.ts';
import { createPostgresKeyProjection } from '../../../src/adoption/postgres-key-projection.ts';
import { PROVIDERS } from '../../../src/providers/provider-table.ts';
import { type FakeProviders, startFakeProviders } from '../providers/fake-providers.ts';
import { providerEnv } from '../providers/provider-env.ts';
import { API, type ApiClient } from './api-client.ts';
import { fillPeople } from './page-people.ts';
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
      `${provider === 'custom' ? 'sk-' : (PROVIDERS.get(provider)?.prefix ?? '')}${behaviour}-${randomBytes(18).toString('base64url')}`,
    async close() {
      await service.stop();
      await fakes.close();
    },
  };
}

/** What the person with the most to show did, and services did for them: days ago, what, which provider, what more. */
const STORY = [
  [140, 'add', 'groq', { behaviour: 'bad', label: 'Old laptop' }],
  [63, 'add', 'openai', { behaviour: 'good', label: 'Production' }],
  [41, 'add', 'anthropic', { behaviour: 'good', label: 'Team account' }],
  [20, 'add', 'huggingface', { behaviour: 'restricted', label: 'Read-only token' }],
  [12, 'add', 'perplexity', { behaviour: 'quota', label: 'Search experiments' }],
  [9, 'use', 'perplexity', { service: 'center-deep-search' }],
  [6, 'test', 'groq', {}],
  [5, 'test', 'anthropic', {}],
  [3, 'rename', 'huggingface', { label: 'Models, read-only' }],
  [2.2, 'test', 'huggingface', {}],
  [1.4, 'use', 'perplexity', { service: 'center-deep-search' }],
  [1.1, 'test', 'perplexity', {}],
  [0.4, 'use', 'anthropic', { service: 'agents' }],
  [0.2, 'test', 'openai', {}],
  [0.1, 'use', 'openai', { service: 'open-webui' }],
  [0.002, 'use', 'openai', { service: 'open-webui' }],
] as const satisfies readonly Step[];
type Step = readonly [days: number, what: 'add' | 'test' | 'use' | 'rename', provider: string, more: StepDetails];
interface StepDetails {
  readonly behaviour?: string;
  readonly label?: string;
  readonly service?: string;
}

const OTHERS: readonly (readonly [tier: string, provider: string, behaviour: string])[] = [
  ['enterprise', 'openai', 'good'],
  ['enterprise', 'anthropic', 'ratelimited'],
  ['enterprise', 'together', 'good'],
];

/**
 * Fills the world with people and their keys, with tests and releases, and with ninety days of history.
 * @param at is told before each step when it happens, for a clock to be set. Without one everything happens now.
 */
export async function fillPageWorld(world: PageWorld, at: (time: Date) => void = () => {}): Promise<void> {
  const began = Date.now();
  const past = (days: number): void => at(new Date(began - days * DAY_MS));
  past(141);
  await fillPeople(world.service);
  for (const [days, what, provider, more] of STORY as readonly Step[]) {
    past(days);
    if (what === 'use') await release(world, more.service ?? 'agents', provider);
    else await act(world, await demoClient(world.service, 'professional'), what, provider, more);
  }
  for (const [tier, provider, behaviour] of OTHERS) {
    const other = await demoClient(world.service, tier);
    await add(world, other, provider, { behaviour, label: 'Main' });
    await other.post(`${API}/keys/test/${provider}`);
  }
  past(0);
  await writeHistory(world);
}

async function act(world: PageWorld, person: ApiClient, what: Step[1], provider: string, more: StepDetails) {
  if (what === 'add') await add(world, person, provider, more);
  if (what === 'test') await person.post(`${API}/keys/test/${provider}`);
  if (what === 'rename') await person.send('PATCH', `${API}/keys/${provider}`, { json: { label: more.label } });
}

async function add(world: PageWorld, client: ApiClient, provider: string, { behaviour = '', label }: StepDetails) {
  const added = await client.post(`${API}/keys/add`, { provider, key: world.key(provider, behaviour), label });
  if (added.status !== 200) throw new Error(`${provider}: ${added.text}`);
}

const tokens = new Map<string, string>();

async function release({ service }: PageWorld, name: string, provider: string): Promise<void> {
  const expiresAt = new Date(Date.now() + 365 * DAY_MS);
  const token = tokens.get(`${service.url}${name}`) ?? (await newServiceTokenFor(service, { name, expiresAt }));
  tokens.set(`${service.url}${name}`, token);
  await service.serviceClient(token).post('/keys/resolve', { user: { email: 'professional@example.com' }, provider });
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
