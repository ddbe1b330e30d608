// A replica that cannot know which encryption keys the others have: nobody is told by it that a key is damaged.
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { createAuditChain } from '../../src/audit/audit-chain.ts';
import { verifyKeyCheck } from '../../src/crypto/key-check.ts';
import { createKeyVault, type KeyVault } from '../../src/crypto/key-vault.ts';
import { createMasterKeys } from '../../src/crypto/master-keys.ts';
import { createPostgresKeyCheck } from '../../src/crypto/postgres-key-check.ts';
import { openDatabase } from '../../src/database/database.ts';
import { createPostgresReplicas } from '../../src/replicas/postgres-replicas.ts';
import { temporaryDatabase } from '../support/database/temporary-database.ts';
import { startTcpProxy } from '../support/programs/tcp-proxy.ts';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const HERE = { owner: { kind: 'user', id: 'u1' }, provider: 'openai', endpoint: undefined } as const;
const NEVER_MS = 3_600_000;
/** For so long a replica counts as running after it was last seen. */
const ALIVE_MS = 30_000;

describe('a replica that does not know of the others', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    vi.restoreAllMocks();
    for (const close of closing.splice(0).reverse()) await close();
  });

  const temporary = async (): Promise<string> => {
    const { url, drop } = await temporaryDatabase(inject('postgresUrl'));
    closing.push(drop);
    return url;
  };
  /** The same database, by a way that can be cut. */
  const behindProxy = async (databaseUrl: string) => {
    const url = new URL(databaseUrl);
    const proxy = await startTcpProxy({ host: url.hostname, port: Number(url.port) });
    closing.push(() => proxy.close());
    url.host = `127.0.0.1:${proxy.port}`;
    return { proxy, url: url.href };
  };
  const replica = async (databaseUrl: string, list: readonly Buffer[], everyMs = NEVER_MS) => {
    const { db, close } = await openDatabase({ databaseUrl, dataDir: '' });
    closing.push(close);
    await verifyKeyCheck(createPostgresKeyCheck(db), list, { mayWrite: true });
    const masterKeys = createMasterKeys(list);
    const said: string[] = [];
    const replicas = createPostgresReplicas({
      db,
      chain: createAuditChain(masterKeys),
      everyMs,
      onOthers: () => undefined,
      onKeyChange: (state) => said.push(state),
      onMissingKeys: () => undefined,
      onFlaw: () => undefined,
      onInTouch: (problem) => said.push(problem === undefined ? 'in touch' : 'out of touch'),
    });
    closing.push(() => replicas.close());
    const vault = createKeyVault(masterKeys, { requireBinding: true });
    return { db, masterKeys, replicas, vault, said };
  };
  const stateOf = (vault: KeyVault, masterKey: Buffer): string =>
    vault.open(HERE, createKeyVault([masterKey], { requireBinding: true }).seal(HERE, 'sk-0123456789')).state;
  /** A clock that goes on by itself as well. */
  const fakeClock = () => {
    const real = performance.now.bind(performance);
    const clock = { ahead: 0 };
    vi.spyOn(performance, 'now').mockImplementation(() => real() + clock.ahead);
    return clock;
  };
  const TOLD = { timeout: 15_000, interval: 5 };

  it('vouches for nothing before its first look, then for as long as the others count it as running', async () => {
    const { masterKeys, replicas, vault, said } = await replica(await temporary(), [OLD]);
    expect([stateOf(vault, OLD), stateOf(vault, NEW)]).toEqual(['usable', 'unknown_key']);
    let told = 0;
    masterKeys.onChange(() => {
      told += 1;
    });
    vi.spyOn(performance, 'now').mockReturnValue(5_000);
    await replicas.start();
    expect(stateOf(vault, NEW)).toBe('undecryptable');
    // What was made of keys before is out of date.
    expect(told).toBeGreaterThan(0);
    vi.spyOn(performance, 'now').mockReturnValue(5_000 + ALIVE_MS - 1);
    expect(stateOf(vault, NEW)).toBe('undecryptable');
    vi.spyOn(performance, 'now').mockReturnValue(5_000 + ALIVE_MS);
    expect([stateOf(vault, OLD), stateOf(vault, NEW)]).toEqual(['usable', 'unknown_key']);
    expect(said).toEqual([]);
  });

  it('vouches for nothing where it starts without seeing them, and says so', async () => {
    const { proxy, url } = await behindProxy(await temporary());
    const { replicas, vault, said } = await replica(url, [OLD], 50);
    await proxy.cut();
    await replicas.start();
    expect([stateOf(vault, NEW), said]).toEqual(['unknown_key', ['out of touch']]);
    await proxy.restore();
    await expect.poll(() => stateOf(vault, NEW), TOLD).toBe('undecryptable');
    expect(said).toEqual(['out of touch', 'in touch']);
  });

  it('never takes for damaged what was sealed with a key that took over while it was cut off', async () => {
    const direct = await temporary();
    const { proxy, url } = await behindProxy(direct);
    const cutOff = await replica(url, [OLD], 50);
    await cutOff.replicas.start();
    await proxy.cut();
    // The half minute, without waiting for it.
    const clock = fakeClock();
    clock.ahead = ALIVE_MS;
    const other = await replica(direct, [NEW, OLD]);
    await other.db
      .updateTable('replicas')
      .set({ seen_at: new Date(Date.now() - ALIVE_MS) })
      .execute();
    await other.replicas.start();
    expect(other.said).toEqual(['begun']);
    // One that is gone again has left its word in the log.
    await other.replicas.close();
    await expect.poll(() => cutOff.said, TOLD).toEqual(['out of touch']);
    const seen = new Set<string>();
    const looking = { until: false };
    const sampling = (async () => {
      while (!looking.until) {
        seen.add(stateOf(cutOff.vault, NEW));
        await wait(1);
      }
    })();
    await proxy.restore();
    await expect.poll(() => cutOff.masterKeys.missing().length, TOLD).toBe(1);
    await expect.poll(() => cutOff.said, TOLD).toEqual(['out of touch', 'in touch']);
    looking.until = true;
    await sampling;
    expect([...seen]).toEqual(['unknown_key']);
  });
});
