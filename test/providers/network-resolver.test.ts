// Look-ups of names that people give, at a name server that answers some of them and says nothing about others.
import { lookup } from 'node:dns/promises';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEndpointAddresses } from '../../src/providers/endpoint-addresses.ts';
import { createEndpointResolver } from '../../src/providers/endpoint-resolver.ts';
import { createNetworkResolver } from '../../src/providers/network-resolver.ts';
import { type FakeNameServer, type NameAnswer, startFakeNameServer } from '../support/providers/fake-name-server.ts';

const NAMES: Readonly<Record<string, NameAnswer>> = {
  'llm.example.com': ['93.184.216.34', '2606:4700:4700::1111'],
  'six.example.com': ['2606:4700:4700::1111'],
  'alias.example.com': { as: 'llm.example.net', addresses: ['93.184.216.34'] },
  'alias-inside.example.com': { as: 'db.internal', addresses: ['10.0.0.7'] },
  'alias-partly.example.com': { as: 'db.internal', addresses: ['93.184.216.34', '10.0.0.7'] },
  'alias-inside-six.example.com': { as: 'db.internal', addresses: ['93.184.216.34', 'fd00::1'] },
  'half-silent.example.com': { only: 4, addresses: ['93.184.216.34'] },
  'broken.example.com': 2,
  'refused.example.com': 5,
  'empty.example.com': [],
  'ollama.ai-team.svc.cluster.local': ['10.96.0.10'],
  'llm.example.com.svc.cluster.local': ['10.96.0.11'],
  'pinned.example.com': ['93.184.216.34'],
};

let server: FakeNameServer;
let folder: string;
/** When it is fulfilled, questions about names with `held.` in them are answered: there are none. */
let held: PromiseWithResolvers<undefined>;

beforeEach(async () => {
  held = Promise.withResolvers();
  server = await startFakeNameServer((name) =>
    name.includes('held.') ? held.promise : name.startsWith('silent.') ? 'silent' : NAMES[name],
  );
  folder = await mkdtemp(join(tmpdir(), 'byok-resolver-'));
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** A resolver over the name server, with these contents of the system's files. */
async function resolverWith({ hosts = '', configuration = '', limitMs = 60_000 } = {}) {
  const files = { hosts: join(folder, 'hosts'), configuration: join(folder, 'resolv.conf') };
  await Promise.all([writeFile(files.hosts, hosts), writeFile(files.configuration, configuration)]);
  // So long that what is not answered is not given up either.
  return createNetworkResolver({ servers: [server.address], files, limitMs, tryMs: 20_000 });
}

const addressesOf = (found: readonly { address: string }[]): string[] => found.map(({ address }) => address);

describe('a name that somebody gave', () => {
  test('has all its addresses of both kinds, those behind aliases included', async () => {
    const resolve = await resolverWith();
    expect(await resolve('llm.example.com')).toEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '2606:4700:4700::1111', family: 6 },
    ]);
    expect(addressesOf(await resolve('six.example.com'))).toEqual(['2606:4700:4700::1111']);
    expect(addressesOf(await resolve('alias.example.com'))).toEqual(['93.184.216.34']);
    expect(addressesOf(await resolve('alias-inside-six.example.com'))).toEqual(['93.184.216.34', 'fd00::1']);
  });

  test('has none where the name server knows none, or will not say', async () => {
    const resolve = await resolverWith();
    for (const name of ['none', 'empty', 'broken', 'refused'].map((name) => `${name}.example.com`))
      expect(`${name} ${await resolve(name)}`).toBe(`${name} `);
    expect(await resolve(`${'x'.repeat(64)}.example.com`)).toEqual([]);
  });

  test('is not half known: where one kind of address is not answered, nothing is', async () => {
    const resolve = await resolverWith({ limitMs: 300 });
    await expect(resolve('half-silent.example.com')).rejects.toMatchObject({ code: 'ECANCELLED' });
  });

  test('fails at once where nobody listens', async () => {
    const { address } = server;
    await server.close();
    const resolve = createNetworkResolver({ servers: [address], limitMs: 60_000 });
    await expect(resolve('llm.example.com')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    server = await startFakeNameServer(() => undefined);
  });

  test('is looked for in the hosts file first, and then with the search domains', async () => {
    const hosts = '127.0.0.1 localhost\n10.0.0.5\tPINNED.example.com other # a comment\nfd00::5 pinned.example.com\n';
    const search = 'nameserver 10.0.0.2\nsearch old.example\nsearch svc.cluster.local. cluster.local\n';
    const resolve = await resolverWith({ hosts, configuration: search });
    expect(addressesOf(await resolve('pinned.example.com'))).toEqual(['10.0.0.5', 'fd00::5']);
    expect(server.asked).toEqual([]);
    expect(addressesOf(await resolve('ollama.ai-team'))).toEqual(['10.96.0.10']);
    expect(addressesOf(await resolve('llm.example.com'))).toEqual(['93.184.216.34', '2606:4700:4700::1111']);
    expect(server.asked.filter((question) => question.includes('old.example'))).toEqual([]);
    // As in a cluster: what has fewer dots than that is taken for a name of the cluster first.
    const inCluster = await resolverWith({ configuration: `${search}options timeout:1 ndots:5\n` });
    expect(addressesOf(await inCluster('llm.example.com'))).toEqual(['10.96.0.11']);
  });

  test('leads inside by an alias: not confirmed', async () => {
    const network = await resolverWith();
    const resolve = createEndpointResolver({ allow: [] }, network);
    const addresses = createEndpointAddresses({ ports: [443], allow: [], resolve, confirmMs: 200 });
    const confirmed = async (name: string) => await addresses.confirm(`https://${name}.example.com/v1`, 'ann');
    await expect.poll(() => confirmed('alias')).toBe(true);
    for (const name of ['alias-inside', 'alias-partly', 'alias-inside-six'])
      expect(`${name} ${await confirmed(name)}`).toBe(`${name} false`);
  });
});

describe('a name server that does not answer', () => {
  test('holds up no other look-up, no file and nobody else', async () => {
    const network = await resolverWith();
    const order: string[] = [];
    const hanging = Array.from({ length: 64 }, async (_, n) => {
      const found = await network(`n${n}.held.example.com`);
      order.push(`held ${found.length}`);
    });
    const asked = () => new Set(server.asked.filter((question) => question.includes('.held.'))).size;
    await expect.poll(asked, { timeout: 20_000 }).toBe(128);
    expect(addressesOf(await lookup('localhost', { all: true }))).toContain('127.0.0.1');
    order.push('the system’s own');
    expect(await readFile(join(folder, 'hosts'), 'utf8')).toBe('');
    order.push('a file');
    expect(addressesOf(await network('llm.example.com'))).toContain('93.184.216.34');
    order.push('another name');
    held.resolve(undefined);
    await Promise.all(hanging);
    const after = hanging.map(() => 'held 0');
    expect(order).toEqual(['the system’s own', 'a file', 'another name', ...after]);
  });

  test('costs one look-up its time, and not more', async () => {
    const resolve = await resolverWith({ limitMs: 200, configuration: 'search silent.example silent.test\n' });
    await expect(resolve('silent.example.com')).rejects.toMatchObject({ code: 'ECANCELLED' });
    // Nothing is asked after that.
    const asked = server.asked.length;
    await lookup('localhost');
    expect(server.asked).toHaveLength(asked);
  });
});

describe('an endpoint’s host', () => {
  test('is asked of the system only where the operator allowed it by name', async () => {
    const network = await resolverWith();
    const byName = createEndpointResolver({ allow: ['localhost', '10.0.0.0/8'] }, network);
    expect(addressesOf(await byName('LOCALHOST'))).toContain('127.0.0.1');
    const onThisMachine = createEndpointResolver({ allow: [], loopback: true }, network);
    expect(addressesOf(await onThisMachine('localhost'))).toContain('127.0.0.1');
    expect(server.asked).toEqual([]);
    const byRange = createEndpointResolver({ allow: ['127.0.0.0/8', '10.0.0.0/8'] }, network);
    expect(await byRange('localhost')).toEqual([]);
    expect(addressesOf(await byRange('alias-inside.example.com'))).toEqual(['10.0.0.7']);
    expect(server.asked.map((question) => question.slice(2))).toContain('localhost');
  });
});
