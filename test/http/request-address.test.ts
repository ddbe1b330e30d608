// Where a request comes from, by which protocol, and in which network that is.
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { fastify } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressOf, networkOf, protocolOf, rememberAddresses, trustIn } from '../../src/http/request-address.ts';

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', 64, '192.0.2.7'],
    ['unknown', 64, 'unknown'],
    ['::ffff:192.0.2.7', 64, '192.0.2.7'],
    ['::ffff:192.0.2.7', 48, '192.0.2.7'],
  ])('%s in %i bits is %s', (address, bits, network) => {
    expect(networkOf(address, bits)).toBe(network);
  });

  it.each([
    [64, '2001:db8:1:2::1', '2001:DB8:1:2:ffff::', true],
    [64, '2001:db8:1:2::1', '2001:db8:1:3::1', false],
    [56, '2001:db8:1:2::1', '2001:db8:1:ff::1', true],
    [56, '2001:db8:1:2::1', '2001:db8:1:102::1', false],
    [48, '2001:db8:1:2::1', '2001:db8:1:ffff::1', true],
    [48, '2001:db8:1:2::1', '2001:db8:2:2::1', false],
  ])('of %i bits is one for %s and %s: %s, %s', (bits, one, other, same) => {
    expect(networkOf(one, bits) === networkOf(other, bits)).toBe(same);
  });
});

describe('the address of a request', () => {
  it('is a word where nobody knows it any more', () => {
    expect(addressOf({ ip: undefined } as never)).toBe('unknown');
    expect(addressOf({ ip: '192.0.2.1' } as never)).toBe('192.0.2.1');
  });

  it.each([
    ['203.0.113.3:4000', '203.0.113.3'],
    ['203.0.113.3:', '203.0.113.3'],
    ['[2001:db8::1]:4000', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:4000', 'fe80::1'],
    ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
    ['[192.0.2.7]:80', '192.0.2.7'],
    ['unknown', 'unknown'],
    ['_hidden', 'unknown'],
    ['', 'unknown'],
    ['203.0.113.3:x', 'unknown'],
    ['203.0.113.3:1:2', 'unknown'],
    ['203.0.113', 'unknown'],
    ['0313.0.113.3', 'unknown'],
    ['192.0.2.7%eth0:80', '192.0.2.7'],
    ['2001:db8:0:0:0:0:0:1:4000', 'unknown'],
    ['[2001:db8::1', 'unknown'],
    ['[2001:db8::1]4000', 'unknown'],
    ['x[2001:db8::1]', 'unknown'],
    ['proxy.example.com:443', 'unknown'],
  ])('that a proxy writes as %s is %s', (written, address) => {
    expect(addressOf({ ip: written } as never)).toBe(address);
  });

  it.each(['connection', 'secureConnection'])('is asked for with each %s, while it is known', (event) => {
    const server = new EventEmitter();
    rememberAddresses(server as Server);
    let asked = 0;
    const socket = Object.defineProperty({}, 'remoteAddress', { get: () => ++asked });
    server.emit(event, socket);
    expect(asked).toBe(1);
  });
});

describe('trust in proxies', () => {
  it.each<[string, string[], string | undefined, boolean]>([
    ['an address of the list', ['10.0.0.9'], '10.0.0.9', true],
    ['its neighbour', ['10.0.0.9'], '10.0.0.8', false],
    ['an address in a range', ['192.0.2.0/24', '10.0.0.0/8'], '10.255.0.1', true],
    ['one in a range that is named by an address in its middle', ['10.0.0.9/8'], '10.1.2.3', true],
    ['one beyond it', ['10.0.0.0/8'], '11.0.0.1', false],
    ['one with a port', ['10.0.0.9'], '10.0.0.9:443', true],
    ['an IPv4 address that is written as IPv6', ['10.0.0.0/8'], '::ffff:10.0.0.9', true],
    ['an IPv4 address where the range is written as IPv6', ['::ffff:10.0.0.0/104'], '10.0.0.9', true],
    ['an IPv4 address of a list that has it as IPv6', ['::ffff:10.0.0.9'], '10.0.0.9', true],
    ['an IPv6 address', ['2001:db8::/32'], '2001:DB8:1::1', true],
    ['one with brackets and a port', ['2001:db8::1'], '[2001:db8::1]:443', true],
    ['one of a link, with the zone', ['fe80::/10'], 'fe80::1%eth0', true],
    ['one beyond it', ['2001:db8::/32'], '2001:db9::1', false],
    ['an IPv4 address in no range of IPv6', ['8000::/1', '::/1'], '10.0.0.9', false],
    ['what is no address', ['10.0.0.0/8', '::/1'], 'unknown', false],
    ['the other end of a connection that is gone', ['10.0.0.0/8'], undefined, false],
  ])('%s: %j and %s, %s', (_, proxies, address, isTrusted) => {
    expect(trustIn(proxies)(address)).toBe(isTrusted);
  });

  it('goes through a proxy that is written with its port, to the one before it', async () => {
    const app = fastify({ trustProxy: trustIn(['127.0.0.1', '10.0.0.9']) });
    onTestFinished(() => app.close());
    app.get('/', async (request) => addressOf(request));
    const behind = async (chain: string) =>
      (await app.inject({ method: 'GET', url: '/', headers: { 'x-forwarded-for': chain } })).payload;
    expect(await behind('192.0.2.66, 203.0.113.3:4000, 10.0.0.9:443')).toBe('203.0.113.3');
    expect(await behind('10.0.0.9, [2001:db8::1]:4000')).toBe('2001:db8::1');
    expect(await behind('203.0.113.3, who knows, 10.0.0.9')).toBe('unknown');
  });
});

describe('the protocol of a request', () => {
  const protocolAt = async (trusted: string[] | false, headers: Record<string, string>): Promise<string> => {
    const app = fastify({ trustProxy: trusted && trustIn(trusted) });
    onTestFinished(() => app.close());
    app.get('/', async (request) => protocolOf(request));
    return (await app.inject({ method: 'GET', url: '/', headers })).payload;
  };
  const ONE = ['127.0.0.1'];
  const TWO = ['127.0.0.1', '10.0.0.1'];
  const client = '198.51.100.1';

  it.each<[string, string[] | false, string | undefined, string | undefined, string]>([
    ['the connection’s own without a proxy', false, undefined, undefined, 'http'],
    ['nothing that a stranger says', false, client, 'https', 'http'],
    ['what one trusted proxy says', ONE, client, 'https', 'https'],
    ['its word in any case and with blanks', ONE, client, ' HTTPS ', 'https'],
    ['the connection’s own where it says nothing', ONE, client, undefined, 'http'],
    ['the last word behind one proxy: the first was made up', ONE, client, 'https,http', 'http'],
    ['the first of two words behind two proxies', TWO, `${client}, 10.0.0.1`, 'https,http', 'https'],
    ['the one before the last of three', TWO, `${client}, 10.0.0.1`, 'http, https, http', 'https'],
    [
      'the first of two words where the inner one is written with its port',
      TWO,
      `${client}, 10.0.0.1:443`,
      'https,http',
      'https',
    ],
    ['a single word of the last of two proxies', TWO, `${client}, 10.0.0.1`, 'https', 'https'],
    [
      'the first where there are fewer words than proxies',
      [...TWO, '10.0.0.2'],
      `${client}, 10.0.0.2, 10.0.0.1`,
      'https,http',
      'https',
    ],
    ['the last word where the proxy names nobody', ONE, undefined, 'https,http', 'http'],
  ])('is %s', async (_, trusted, forwardedFor, proto, protocol) => {
    const headers = {
      ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }),
      ...(proto === undefined ? {} : { 'x-forwarded-proto': proto }),
    };
    expect(await protocolAt(trusted, headers)).toBe(protocol);
  });
});
