// HTTPS only, the security headers, and whom the embedded default answers.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { ByokError } from '../shared/errors.ts';
import { protocolOf } from './request-address.ts';

interface TransportOptions {
  /** Refuse plain HTTP, except on routes with `plainHttp`. */
  httpsOnly: boolean;
  /** Besides those routes, every request from a program on this machine that came by no proxy may be plain HTTP. */
  plainFromLoopback?: boolean;
  /** Answer only requests that name this machine: another site's name that resolves here (DNS rebinding) is refused. */
  loopbackHostsOnly: boolean;
}

const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Kubelets and load balancers ask over plain HTTP; nothing that needs hiding goes either way. */
    plainHttp?: boolean;
  }
}

/** What OWASP's secure headers project asks of an API; pages that need more of the policy set their own. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const HSTS = { 'strict-transport-security': 'max-age=31536000' };

/** What stands on every answer. */
export const transportHeaders = ({ httpsOnly }: { httpsOnly: boolean }): Readonly<Record<string, string>> =>
  httpsOnly ? { ...SECURITY_HEADERS, ...HSTS } : SECURITY_HEADERS;

export function installTransport(app: FastifyInstance, options: TransportOptions): void {
  const { httpsOnly, loopbackHostsOnly, plainFromLoopback = false } = options;
  // Constant headers go out in one step: a plugin that computes them anew cost a fifth of a cached answer (ADR 0007).
  const headers = transportHeaders({ httpsOnly });
  const mayBePlain = (request: FastifyRequest): boolean =>
    request.routeOptions.config.plainHttp === true || (plainFromLoopback && isDirectFromLoopback(request));
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers);
    if (httpsOnly && protocolOf(request) !== 'https' && !mayBePlain(request)) done(new ByokError('https_required'));
    else if (loopbackHostsOnly && !LOOPBACK_HOST.test(request.host)) done(new ByokError('host_not_allowed'));
    else done();
  });
}

/** What a proxy on this machine passes on comes from elsewhere. */
function isDirectFromLoopback({ socket, headers }: FastifyRequest): boolean {
  const isForwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined;
  return !isForwarded && isLoopback(socket.remoteAddress);
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined || !ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'loopback';
}
