import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAddressPolicy, isForbiddenAddress } from '../../src/providers/address-policy.ts';
import { checkEndpoint } from '../../src/providers/endpoint-policy.ts';

// One address from each special-purpose block at least, and both ends of those that people get wrong.
const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  'this network': ['0.0.0.0', '0.0.0.1', '0.255.255.255'],
  private: ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255'],
  'carrier-grade NAT': ['100.64.0.0', '100.127.255.255', '100.100.100.200'],
  loopback: ['127.0.0.0', '127.0.0.1', '127.255.255.255'],
  'link-local and metadata': ['169.254.0.0', '169.254.169.254', '169.254.170.2', '169.254.255.255'],
  'IETF protocols': ['192.0.0.0', '192.0.0.170', '192.0.0.192'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.255'],
  'AS112, AMT and 6to4 relays': ['192.31.196.1', '192.175.48.1', '192.52.193.1', '192.88.99.1'],
  benchmarking: ['198.18.0.0', '198.19.255.255'],
  multicast: ['224.0.0.0', '224.0.0.251', '239.255.255.255'],
  'reserved and broadcast': ['240.0.0.0', '255.255.255.254', '255.255.255.255'],
  'Azure’s host': ['168.63.129.16'],
  'IPv6 unspecified and loopback': ['::', '::1', '0:0:0:0:0:0:0:1'],
  'IPv4-compatible': ['::127.0.0.1', '::10.0.0.1', '::8.8.8.8', '::7f00:1'],
  'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '::ffff:0:127.0.0.1'],
  NAT64: ['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::7f00:1', '64:ff9b:1:ffff::1'],
  discard: ['100::', '100::1', '100:0:0:1::1'],
  'Teredo, ORCHID, benchmarking': ['2001::1', '2001:0:53aa:64c:0:0:80ff:fffe', '2001:2::1', '2001:10::1', '2001:20::1'],
  'IPv6 documentation': ['2001:db8::1', '3fff::1', '3fff:fff:ffff::1'],
  '6to4': ['2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1'],
  'segment routing': ['5f00::1'],
  'unique local, AWS and Google metadata': ['fc00::1', 'fd00:ec2::254', 'fd20:ce::254', 'fdff:ffff::1'],
  'IPv6 link-local and site-local': ['fe80::1', 'fe80::a9fe:a9fe', 'febf::1', 'fec0::1', 'feff::1'],
  'IPv6 multicast': ['ff00::', 'ff02::1', 'ff05::2', 'ffff::1'],
  'unassigned IPv6': ['1::1', '4000::1', '8000::1', 'e000::1'],
  'not addresses': ['', 'localhost', '127.1', '0x7f.0.0.1', '0177.0.0.1', '2130706433', '1.2.3', '1.2.3.4.5', '[::1]'],
  'addresses with a zone or a port': ['fe80::1%eth0', '2606:4700::1111%eth0', '8.8.8.8:443', ' 8.8.8.8', '8.8.8.8/32'],
};

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
  '2001:4860:4860::8888',
  '2003::1',
  '2400:cb00::1',
];

describe('this machine by its own names', () => {
  const here = createAddressPolicy([], { loopback: true });

  test('is permitted at loopback addresses, and by no other name or address', () => {
    for (const [address, host] of [
      ['127.0.0.1', 'localhost'],
      ['::1', 'localhost'],
      ['127.0.0.1', 'LOCALHOST.'],
      ['127.0.0.1', '127.0.0.1'],
      ['::1', '::1'],
    ] as const) {
      expect(`${address} ${host} ${here.permits(address, host)}`).toBe(`${address} ${host} true`);
      expect(createAddressPolicy([]).permits(address, host)).toBe(false);
    }
    for (const [address, host] of [
      ['10.0.0.1', 'localhost'],
      ['169.254.169.254', 'localhost'],
      ['::ffff:127.0.0.1', 'localhost'],
      ['127.0.0.1', 'llm.example.com'],
      ['127.0.0.1', 'localhost.example.com'],
      ['127.0.0.1', 'a.localhost'],
      ['127.0.0.2', '127.0.0.2'],
      ['10.0.0.1', '10.0.0.1'],
    ] as const)
      expect(`${address} ${host} ${here.permits(address, host)}`).toBe(`${address} ${host} false`);
  });
});

describe('forbidden addresses', () => {
  for (const [kind, addresses] of Object.entries(FORBIDDEN)) {
    test(`${kind}: ${addresses.length} refused`, () => {
      expect(addresses.filter((address) => !isForbiddenAddress(address))).toEqual([]);
    });
  }

  test('public addresses, right up to the edges of the forbidden blocks, are permitted', () => {
    expect(PUBLIC.filter(isForbiddenAddress)).toEqual([]);
  });
});

describe('spellings', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const ipv4 = fc.tuple(byte, byte, byte, byte);
  const styles = [(n: number) => `${n}`, (n: number) => `0${n.toString(8)}`, (n: number) => `0x${n.toString(16)}`];
  const style = fc.constantFrom(...styles);

  test('an IPv4 address is judged alike in decimal, octal, hexadecimal, short and one-number spelling', () => {
    const check = ([w, x, y, z]: [number, number, number, number], write: (n: number) => string) => {
      const forbidden = isForbiddenAddress(`${w}.${x}.${y}.${z}`);
      const rest = x * 65_536 + y * 256 + z;
      const spellings = [[w, x, y, z], [w, x, y * 256 + z], [w, rest], [w * 16_777_216 + rest]];
      for (const parts of spellings) {
        const verdict = checkEndpoint(`https://${parts.map(write).join('.')}/v1`, { ports: [443], allow: [] });
        expect(verdict.ok).toBe(!forbidden);
      }
    };
    fc.assert(
      fc.property(ipv4, style, (address, write) => check(address, write)),
      { numRuns: 500 },
    );
  });

  test('no IPv6 address that carries an IPv4 address is permitted, whichever it carries', () => {
    fc.assert(
      fc.property(ipv4, (address) => {
        const dotted = address.join('.');
        const hex = Buffer.from(address)
          .toString('hex')
          .replace(/^(.{4})/, '$1:');
        const carriers = [`::${dotted}`, `::ffff:${dotted}`, `::ffff:0:${dotted}`, `64:ff9b::${dotted}`];
        carriers.push(`64:ff9b:1::${hex}`, `2002:${hex}::1`, `2001:0:${hex}::1`, `fe80::5efe:${dotted}`);
        expect(carriers.filter((text) => !isForbiddenAddress(text))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the operator’s allow list', () => {
  test('a range permits the addresses in it, whatever the host is called, and no others', () => {
    const policy = createAddressPolicy(['10.1.0.0/16', 'fd12::/16', '127.0.0.1']);
    expect(policy.permits('10.1.2.3', 'llm.example.com')).toBe(true);
    expect(policy.permits('fd12::5', 'llm.example.com')).toBe(true);
    expect(policy.permits('127.0.0.1', '127.0.0.1')).toBe(true);
    expect(policy.permits('10.2.0.1', 'llm.example.com')).toBe(false);
    expect(policy.permits('127.0.0.2', '127.0.0.2')).toBe(false);
    expect(policy.permits('::ffff:10.1.2.3', 'llm.example.com')).toBe(false);
  });

  test('a host name permits private addresses for that name only', () => {
    const policy = createAddressPolicy(['ollama.lan']);
    expect(policy.permits('10.0.0.5', 'ollama.lan')).toBe(true);
    expect(policy.permits('127.0.0.1', 'OLLAMA.lan.')).toBe(true);
    expect(policy.permits('fd00::5', 'ollama.lan')).toBe(true);
    expect(policy.permits('10.0.0.5', 'evil.ollama.lan')).toBe(false);
    expect(policy.permits('10.0.0.5', 'llm.example.com')).toBe(false);
  });

  test('an allowed host name never leads to metadata, link-local, multicast or unspecified addresses', () => {
    const policy = createAddressPolicy(['ollama.lan']);
    const never = [
      '169.254.169.254',
      '168.63.129.16',
      '100.100.100.200',
      '224.0.0.1',
      '0.0.0.0',
      'fd00:ec2::254',
      '::',
    ];
    expect(never.filter((address) => policy.permits(address, 'ollama.lan'))).toEqual([]);
  });

  test('an entry that is no host name, address or range stops the start and is named', () => {
    for (const entry of ['10.0.0.0/33', 'http://ollama.lan', '*.lan', '10.0.0.0/8/8', '::1/129', 'ollama.lan:11434'])
      expect(() => createAddressPolicy([entry])).toThrow(`${entry} is not a host name, an address or a CIDR range`);
  });
});
