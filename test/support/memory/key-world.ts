// The key service over a directory in memory, with everything around it that tests look at and turn.
import { randomBytes } from 'node:crypto';
import { type Acting, createAuditRecorder } from '../../../src/audit/audit-recorder.ts';
import { createKeyVault } from '../../../src/crypto/key-vault.ts';
import type { KeyChanges } from '../../../src/keys/key-changes.ts';
import type { CheckEndpoint } from '../../../src/keys/key-endpoint.ts';
import { createKeyService } from '../../../src/keys/key-service.ts';
import type { ProbeResult, ProviderProbe } from '../../../src/providers/provider-probe.ts';
import { PROVIDERS, type Provider } from '../../../src/providers/provider-table.ts';
import { ALONE } from '../../../src/replicas/invalidation.ts';
import { createTiers } from '../../../src/users/tiers.ts';
import { createUserCache } from '../../../src/users/user-cache.ts';
import { createViewUser } from '../../../src/users/user-view.ts';
import { createUserWrites } from '../../../src/users/user-writes.ts';
import { createMemoryAuditLog } from './memory-audit-log.ts';
import { createMemoryUserDirectory } from './memory-user-directory.ts';

export const VALID: ProbeResult = { status: 'valid', message: 'The key works.', reason: 'ok', statusCode: 200 };

export function providerRow(id: string): Provider {
  const row = PROVIDERS.get(id);
  if (row === undefined) throw new Error(`no provider ${id}`);
  return row;
}

/** A probe that answers as it is told and remembers what it was handed. */
export function createFakeProbe() {
  const requests: Parameters<ProviderProbe['probe']>[0][] = [];
  const fake = {
    requests,
    answer: (): ProbeResult | Promise<ProbeResult> => VALID,
    probe: async (request: Parameters<ProviderProbe['probe']>[0]): Promise<ProbeResult> => {
      requests.push(request);
      return await fake.answer();
    },
    close: async () => undefined,
  };
  return fake;
}

const ADA = {
  username: 'ada',
  email: 'ada@example.com',
  attributes: { department: ['Engines'], subscription_tier: ['starter'] },
};

const checkHttps: CheckEndpoint = (text) =>
  text.startsWith('https://')
    ? { ok: true, url: text.replace(/\/+$/, '') }
    : {
        ok: false,
        reason: 'The endpoint must begin with https://.',
        reasons: ['The endpoint must begin with https://.'],
      };

export function createKeyWorld({ requireBinding = true } = {}) {
  const directory = createMemoryUserDirectory();
  const masterKey = randomBytes(32);
  const vault = createKeyVault([masterKey], { requireBinding });
  const tiers = createTiers();
  const viewUser = createViewUser({ vault, tiers });
  const cache = createUserCache({ directory, viewUser, ttlMs: 300_000, maxUsers: 100 });
  const probe = createFakeProbe();
  const clock = { now: new Date('2026-11-22T10:00:00.000Z') };
  /** Endpoints whose host names lead elsewhere than they should. */
  const confirmed = new Map<string, boolean>();
  const gate = { assertWritable: (): void => undefined };
  const audit = createMemoryAuditLog();
  const writes = createUserWrites({ cache, invalidation: ALONE });
  const keys = createKeyService({
    directory,
    cache,
    writes,
    vault,
    tiers,
    minimumTier: 'starter',
    probe,
    checkEndpoint: checkHttps,
    endpoints: { confirm: async (endpoint) => confirmed.get(endpoint) ?? true },
    assertWritable: () => gate.assertWritable(),
    audit: createAuditRecorder(audit),
    now: () => clock.now,
  });
  const userId = directory.seed(ADA);
  const by: Acting = {
    actor: { kind: 'user', id: userId },
    origin: { requestId: 'request-1', address: '192.0.2.1' },
  };
  const add = (id: string, key: string, more: { label?: string; endpoint?: string } = {}) =>
    keys.add(by, userId, providerRow(id), { key, ...more });
  const change = (id: string, changes: KeyChanges) => keys.change(by, userId, providerRow(id), changes);
  const fields = (id: string) => fieldsOf(directory.attributes(userId), id);
  const tamper = (attributes: Readonly<Record<string, readonly string[]>>): void =>
    directory.change(userId, { attributes: { ...directory.attributes(userId), ...attributes } });
  return {
    directory,
    masterKey,
    vault,
    cache,
    writes,
    probe,
    clock,
    confirmed,
    gate,
    keys,
    userId,
    by,
    audit,
    add,
    change,
    fields,
    tamper,
  };
}

/** What a user's record holds for a provider, by field. */
function fieldsOf(
  attributes: Readonly<Record<string, readonly string[]>>,
  provider: string,
): Record<string, readonly string[]> {
  const prefix = `byok_${provider}_`;
  const own = Object.entries(attributes).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, values]) => [name.slice(prefix.length), values]));
}
