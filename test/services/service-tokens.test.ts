import { beforeEach, describe, expect, it } from 'vitest';
import { createServiceIdentities } from '../../src/services/service-identities.ts';
import type { NewServiceToken, ServiceTokenStore } from '../../src/services/service-token-store.ts';
import { createServiceTokens, parseExpiry, tokenHashOf } from '../../src/services/service-tokens.ts';
import { createMemoryAuditLog } from '../support/memory/memory-audit-log.ts';

const NOW = new Date('2026-11-22T10:00:00.000Z');
const REQUEST = {
  name: 'webui',
  scopes: ['resolve', 'usage'],
  providers: undefined,
  expiresAt: new Date('2026-12-22T10:00:00Z'),
} as const;

function createMemoryTokens(): ServiceTokenStore & { readonly rows: NewServiceToken[]; reads: number } {
  const rows: NewServiceToken[] = [];
  const store = {
    rows,
    reads: 0,
    create: async (token: NewServiceToken) => {
      if (rows.some(({ name }) => name === token.name)) return false;
      rows.push(token);
      return true;
    },
    findByHash: async (hash: string) => {
      store.reads += 1;
      const row = rows.find(({ tokenHash }) => tokenHash === hash);
      return row && { ...row, revokedAt: undefined };
    },
    list: async () => rows.map((row) => ({ ...row, revokedAt: undefined })),
    revoke: async (name: string) =>
      rows.splice(0, rows.length, ...rows.filter((row) => row.name !== name)).some((row) => row.name === name),
  };
  return store;
}

describe('service tokens', () => {
  let store: ReturnType<typeof createMemoryTokens>;
  let audit: ReturnType<typeof createMemoryAuditLog>;
  let tokens: ReturnType<typeof createServiceTokens>;
  beforeEach(() => {
    store = createMemoryTokens();
    audit = createMemoryAuditLog();
    tokens = createServiceTokens({ store, audit, operator: 'root', now: () => NOW });
  });
  const row = (action: string, more: object) => ({ action, actor: { kind: 'operator', id: 'root' }, ...more });

  it('are 32 random bytes, of which only the hash is kept', async () => {
    const token = await tokens.create(REQUEST);
    expect(token).toMatch(/^byok_st_[A-Za-z0-9_-]{43}$/);
    expect(store.rows).toMatchObject([{ ...REQUEST, createdAt: NOW, tokenHash: tokenHashOf(String(token)) }]);
    expect(JSON.stringify([store.rows, audit.events])).not.toContain(token);
    expect(audit.events).toEqual([
      row('service_token.create', { outcome: 'ok', details: { name: 'webui', scopes: 'resolve usage' } }),
    ]);
  });

  it('are listed as they are kept', async () => {
    await tokens.create(REQUEST);
    expect(await tokens.list()).toMatchObject([{ name: 'webui', scopes: ['resolve', 'usage'], revokedAt: undefined }]);
  });

  it('begin now and end by the clock of the machine, where no other is given', async () => {
    const own = createServiceTokens({ store, audit, operator: 'root' });
    const identities = createServiceIdentities({ tokens: store, identityProvider: undefined });
    const inAnHour = new Date(Date.now() + 3_600_000);
    const good = String(await own.create({ ...REQUEST, expiresAt: inAnHour }));
    expect(store.rows[0]?.createdAt).toBeInstanceOf(Date);
    await identities.verify(good);
    expect(identities.known(good)).toMatchObject({ id: 'token:webui' });
    const ended = String(await own.create({ ...REQUEST, name: 'ended', expiresAt: new Date(Date.now() - 1000) }));
    await expect(identities.verify(ended)).rejects.toMatchObject({ code: 'not_authenticated' });
  });

  it('have one name each', async () => {
    await tokens.create(REQUEST);
    expect(await tokens.create(REQUEST)).toBeUndefined();
    expect(audit.events[1]).toEqual(
      row('service_token.create', { outcome: 'refused', reason: 'name_taken', details: { name: 'webui' } }),
    );
  });

  it('that cannot be recorded are not given out, and mean nothing', async () => {
    audit.broken = true;
    await expect(tokens.create(REQUEST)).rejects.toMatchObject({ code: 'audit_unavailable' });
    expect(store.rows).toEqual([]);
  });

  it('are taken back, recorded once', async () => {
    await tokens.create(REQUEST);
    expect(await tokens.revoke('webui')).toBe(true);
    expect(await tokens.revoke('webui')).toBe(false);
    expect(audit.events.slice(1)).toEqual([row('service_token.revoke', { outcome: 'ok', details: { name: 'webui' } })]);
  });

  it('are remembered for five seconds, and never beyond their end', async () => {
    let time = NOW.getTime();
    const identities = createServiceIdentities({ tokens: store, identityProvider: undefined, now: () => time });
    const token = String(await tokens.create({ ...REQUEST, providers: ['openai'], expiresAt: new Date(time + 8_000) }));
    const verified = {
      kind: 'service',
      id: 'token:webui',
      scopes: new Set(['resolve', 'usage']),
      providers: new Set(['openai']),
    };
    expect(identities.known(token)).toBeUndefined();
    await expect(identities.verify(token)).resolves.toMatchObject(verified);
    time += 4_999;
    expect(identities.known(token)).toMatchObject(verified);
    time += 1;
    expect(identities.known(token)).toBeUndefined();
    await identities.verify(token);
    time = NOW.getTime() + 7_999;
    expect(identities.known(token)).toMatchObject(verified);
    time += 1;
    expect(identities.known(token)).toBeUndefined();
    await expect(identities.verify(token)).rejects.toMatchObject({
      code: 'not_authenticated',
      message: 'service token expired',
    });
  });

  it('are not looked for where the text cannot be one', async () => {
    const identities = createServiceIdentities({ tokens: store, identityProvider: undefined });
    for (const text of [
      '',
      'byok_st_',
      `byok_st_${'x'.repeat(42)}`,
      `byok_st_${'x'.repeat(44)}`,
      `byok_st_${'*'.repeat(43)}`,
    ])
      await expect(identities.verify(text)).rejects.toMatchObject({ code: 'not_authenticated' });
    expect(store.reads).toBe(0);
  });

  it.each([
    ['90d', '2027-02-20T10:00:00.000Z'],
    ['1d', '2026-11-23T10:00:00.000Z'],
    ['2027-01-31', '2027-01-31T23:59:59.999Z'],
    ['2026-11-22', '2026-11-22T23:59:59.999Z'],
    ['2026-11-21', undefined],
    ['2027-02-30', undefined],
    ['2040-01-01', undefined],
    ['3650d', '2036-11-19T10:00:00.000Z'],
    ['3651d', undefined],
    ['9999d', undefined],
    ['90days', undefined],
    ['in 90d', undefined],
    ['2027', undefined],
    ['2027-01', undefined],
    ['0d', undefined],
    ['90', undefined],
    ['never', undefined],
    ['2027-01-31T00:00:00Z', undefined],
  ])('told to end at %s end at %s', (text, end) => {
    expect(parseExpiry(text, NOW)?.toISOString()).toBe(end);
  });

  it('do not end at the moment that is', () => {
    expect(parseExpiry('2026-11-22', new Date('2026-11-22T23:59:59.998Z'))).toBeDefined();
    expect(parseExpiry('2026-11-22', new Date('2026-11-22T23:59:59.999Z'))).toBeUndefined();
  });
});
