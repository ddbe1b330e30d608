// Where a request comes from.
import type { Server } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';

/** A connection that was reset no longer knows its other end, unless it was asked before. Install before the routes. */
export function rememberAddresses(server: Server): void {
  const ask = (socket: Socket): void => void socket.remoteAddress;
  server.on('connection', ask);
  server.on('secureConnection', ask);
}

/** Some proxies write `client:port` into X-Forwarded-For, and IPv6 in brackets. */
const WITH_PORT = /^(?:\[(?<bracketed>[^\]]*)\](?::\d*)?|(?<dotted>[\d.]+):\d*)$/;

/**
 * The bare address in what a connection or a proxy says. Everything that judges an address judges this: with its port, each
 * connection of a client would be a client of its own.
 * @returns undefined where it is none.
 */
function bareAddress(written: string | undefined = ''): string | undefined {
  const { bracketed, dotted } = WITH_PORT.exec(written)?.groups ?? {};
  // A zone says by which interface a neighbour is reached, not who it is.
  const address = (bracketed ?? dotted ?? written).replace(/%.*$/, '');
  return isIP(address) === 0 ? undefined : address;
}

/**
 * @returns the client's address, as text in any case: of a connection that was reset at once, nobody knows it, and a proxy
 *   may write something else. Those are one client.
 */
export const addressOf = (request: FastifyRequest): string => bareAddress(request.ip) ?? 'unknown';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** @returns whether an address on the way is one of these proxies, however it is written. For Fastify's `trustProxy`. */
export function trustIn(proxies: readonly string[]): (written: string | undefined) => boolean {
  const ranges = proxies.map(rangeOf);
  return (written) => {
    const address = bareAddress(written);
    if (address === undefined) return false;
    const candidate = ipaddr.process(address);
    return ranges.some((range) => range[0].kind() === candidate.kind() && candidate.match(range));
  };
}

/** @param proxy an address or a CIDR range. */
function rangeOf(proxy: string): Range {
  const [address, bits] = proxy.includes('/') ? ipaddr.parseCIDR(proxy) : wholeAddress(proxy);
  const isMapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() && bits >= 96;
  return isMapped ? [address.toIPv4Address(), bits - 96] : [address, bits];
}

function wholeAddress(text: string): Range {
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** @returns the network of so many bits that an IPv6 address is in; IPv4 as it is, also where it is written as IPv6. */
export const networkOf = (address: string, bits: number): string =>
  address.includes(':') ? normalizeIP(address, bits) : address;

/**
 * By which protocol the request came to the first proxy that is trusted.
 * Each proxy on the way adds to X-Forwarded-Proto what it was asked by, as it adds to X-Forwarded-For who asked: the word
 * that belongs to the client's address counts. A single word was set by the last proxy.
 */
export function protocolOf(request: FastifyRequest): string {
  const hops = (request.ips?.length ?? 1) - 1;
  const words = String(request.headers['x-forwarded-proto'] ?? '').split(',');
  // Without a trusted proxy Fastify takes the connection's own.
  const word = hops > 0 && words.length > 1 ? (words.at(-hops) ?? words[0]) : request.protocol;
  return (word ?? '').trim().toLowerCase();
}
