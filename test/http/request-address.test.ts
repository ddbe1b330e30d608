// Where a request comes from, by which protocol, and in which network that is.
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { fastify } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressOf, networkOf, protocolOf, rememberAddresses } from '../../src/http/request-address.ts';

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

  it.each(['connection', 'secureConnection'])('is asked for with each %s, while it is known', (event) => {
    const server = new EventEmitter();
    rememberAddresses(server as Server);
    let asked = 0;
    const socket = Object.defineProperty({}, 'remoteAddress', { get: () => ++asked });
    server.emit(event, socket);
    expect(asked).toBe(1);
  });
});

describe('the protocol of a request', () => {
  const protocolAt = async (trustProxy: string[] | false, headers: Record<string, string>): Promise<string> => {
    const app = fastify({ trustProxy });
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
