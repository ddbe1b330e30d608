// Where a request comes from.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';

/** A connection that was reset no longer knows its other end, unless it was asked before. Install before the routes. */
export function rememberAddresses(server: Server): void {
  const ask = (socket: Socket): void => void socket.remoteAddress;
  server.on('connection', ask);
  server.on('secureConnection', ask);
}

/** @returns the address, as text in any case: of a connection that was reset at once, nobody knows it. */
export function addressOf(request: FastifyRequest): string {
  const ip: string | undefined = request.ip;
  return ip ?? 'unknown';
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
