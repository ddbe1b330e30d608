import { describe, expect, test } from 'vitest';
import { createEndpointAddresses, LONGEST_MS } from '../../src/providers/endpoint-addresses.ts';

const NAMES: Readonly<Record<string, readonly string[] | 'never'>> = {
  'llm.example.com': ['93.184.216.34', '2606:4700:4700::1111'],
  'inside.example.com': ['10.0.0.7'],
  'partly.example.com': ['93.184.216.34', '10.0.0.7'],
  'mapped.example.com': ['::ffff:10.0.0.7'],
  'metadata.example.com': ['169.254.169.254'],
  'allowed.lan': ['10.0.0.8'],
  'none.example.com': [],
  'silent.example.com': 'never',
};

function world({ confirmMs = 40, names = NAMES }: { confirmMs?: number; names?: typeof NAMES } = {}) {
  const asked: string[] = [];
  const clock = { now: 0 };
  const addresses = createEndpointAddresses({
    ports: [443],
    allow: ['allowed.lan'],
    confirmMs,
    now: () => clock.now,
    resolve: async (host) => {
      asked.push(host);
      const found = names[host];
      if (found === 'never') return await new Promise(() => undefined);
      if (found === undefined) throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
      return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    },
  });
  return { addresses, asked, clock };
}

const at = (host: string): string => `https://${host}/v1`;

describe('at saving', () => {
  test('a host is confirmed where every address of it is permitted', async () => {
    const { addresses } = world();
    for (const host of ['llm.example.com', 'allowed.lan', '8.8.8.8', '[2606:4700:4700::1111]'])
      expect(`${host} ${await addresses.confirm(at(host), 'ann')}`).toBe(`${host} true`);
  });

  test('names that lead inside, partly inside, nowhere, or do not exist are answered alike, after the same time', async () => {
    const { addresses } = world({ confirmMs: 400 });
    const not = 'inside partly mapped metadata none silent unknown'.split(' ').map((name) => `${name}.example.com`);
    const answered: string[] = [];
    const all = not.map(async (host) => {
      answered.push(`${host} ${await addresses.confirm(at(host), host)}`);
    });
    // One that began later is answered first: the others wait for their time, whatever was found.
    expect(await addresses.confirm(at('llm.example.com'), 'ann')).toBe(true);
    expect(answered).toEqual([]);
    await Promise.all(all);
    // In the order in which they were asked.
    expect(answered).toEqual(not.map((host) => `${host} false`));
  });

  test('what the rules refuse is not looked up', async () => {
    const { addresses, asked } = world();
    for (const endpoint of ['http://llm.example.com/v1', 'https://10.0.0.1/v1', 'https://x.internal/v1', 'nonsense'])
      expect(await addresses.confirm(endpoint, 'ann')).toBe(false);
    expect(asked).toEqual([]);
  });
});

describe('at a release', () => {
  test('the first asks, others are answered from memory, and all who ask at once share one look-up', async () => {
    const { addresses, asked } = world();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => addresses.checked(at('llm.example.com'), 'ann')),
    );
    expect(new Set(answers)).toEqual(new Set([true]));
    expect(await addresses.checked('https://llm.example.com/other/path', 'ann')).toBe(true);
    expect(asked).toEqual(['llm.example.com']);
    expect(await addresses.checked(at('inside.example.com'), 'ann')).toBe(false);
    expect(await addresses.checked(at('partly.example.com'), 'ann')).toBe(false);
    expect(await addresses.checked(at('unknown.example.com'), 'ann')).toBe(false);
  });

  test('what was asked at saving is known', async () => {
    const { addresses, asked } = world();
    await addresses.confirm(at('llm.example.com'), 'ann');
    expect(await addresses.checked(at('llm.example.com'), 'ann')).toBe(true);
    expect(asked).toHaveLength(1);
  });

  test('a name server that does not answer holds up nobody', async () => {
    const { addresses } = world();
    expect(await addresses.checked(at('silent.example.com'), 'ann')).toBe(false);
  });

  test('a yes is asked again while it still answers, and answers no longer than ten minutes', async () => {
    const names: Record<string, readonly string[] | 'never'> = { 'llm.example.com': ['93.184.216.34'] };
    const { addresses, asked, clock } = world({ names });
    expect(await addresses.checked(at('llm.example.com'), 'ann')).toBe(true);
    names['llm.example.com'] = ['10.0.0.1'];
    clock.now = 4 * 60_000;
    expect(await addresses.checked(at('llm.example.com'), 'ann')).toBe(true);
    expect(asked).toHaveLength(1);
    clock.now = 6 * 60_000;
    expect(await addresses.checked(at('llm.example.com'), 'ann')).toBe(true);
    await expect.poll(() => addresses.checked(at('llm.example.com'), 'ann')).toBe(false);
    expect(asked).toHaveLength(2);

    names['llm.example.com'] = ['93.184.216.34'];
    clock.now += 31_000;
    await addresses.checked(at('llm.example.com'), 'ann');
    await expect.poll(() => addresses.checked(at('llm.example.com'), 'ann')).toBe(true);
    names['llm.example.com'] = 'never';
    clock.now += LONGEST_MS + 1;
    expect(await addresses.checked(at('llm.example.com'), 'ann')).toBe(false);
  });

  test('one person’s names that never answer are not waited for without end, and hold up nobody else’s', async () => {
    const silent = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`n${n}.example.com`, 'never' as const]));
    const { addresses, asked } = world({ names: { ...NAMES, ...silent } });
    const hosts = Object.keys(silent);
    const answers = await Promise.all(hosts.map((host) => addresses.checked(at(host), 'ann')));
    expect(answers).toEqual(hosts.map(() => false));
    expect(asked).toEqual(hosts.slice(0, 4));
    expect(await addresses.confirm(at('llm.example.com'), 'ann')).toBe(false);
    expect(await addresses.confirm(at('llm.example.com'), 'ben')).toBe(true);
    expect(await addresses.checked(at('allowed.lan'), 'ben')).toBe(true);
    // What is known already needs no look-up.
    expect(await addresses.checked(at('llm.example.com'), 'ann')).toBe(true);
  });

  test('a look-up that ended makes room for the next', async () => {
    const { addresses, asked } = world({ names: {} });
    for (let n = 0; n < 12; n += 1) await addresses.checked(at(`n${n}.example.com`), 'ann');
    expect(asked).toHaveLength(12);
  });
});
