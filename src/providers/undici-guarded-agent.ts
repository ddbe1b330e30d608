// An undici agent that connects only to addresses its policy permits. The address is checked at the moment of connecting
// and that very address is connected to, so a name server that changes its answer gains nothing.
import { isIP, type LookupFunction } from 'node:net';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, buildConnector, errors } from 'undici';
import type { AddressPolicy } from './address-policy.ts';
import type { ResolveHost } from './host-addresses.ts';

/** No address of the host is permitted: nothing was connected to. */
export class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress';
  readonly code = 'ERR_REFUSED_ADDRESS';
  constructor() {
    super('the address is not permitted');
  }
}

export interface GuardedAgentOptions {
  readonly policy: AddressPolicy;
  /** For the connection, name look-up and TLS included. Limits on answers are the caller's, by a signal. */
  readonly connectTimeoutMs: number;
  /** PEM of one more authority to trust beside the usual ones. */
  readonly extraCa?: string | undefined;
  readonly resolve: ResolveHost;
}

/**
 * TLS is verified; redirects are not followed (undici's `request` never does).
 * @throws TypeError where `extraCa` holds no certificate.
 */
export function createGuardedAgent({ policy, connectTimeoutMs, extraCa, resolve }: GuardedAgentOptions): Agent {
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    lookup: guardedLookup(policy, resolve),
    ...(extraCa === undefined ? {} : { secureContext: contextWith(extraCa) }),
  });
  return new Agent({
    connect(options, callback) {
      const { hostname } = options;
      // Literal addresses are never looked up, so they are judged here.
      if (isIP(hostname) !== 0 && !policy.permits(hostname, hostname)) {
        queueMicrotask(() => callback(new RefusedAddress(), null));
        return;
      }
      connect(options, inTime(connectTimeoutMs, callback));
    },
  });
}

/** To the millisecond; undici's own timer, which also ends the socket, rounds up to a second. */
function inTime(limitMs: number, callback: buildConnector.Callback): buildConnector.Callback {
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    callback(new errors.ConnectTimeoutError('no connection in time'), null);
  }, limitMs);
  return (...result) => {
    clearTimeout(timer);
    if (over) result[1]?.destroy();
    else callback(...result);
  };
}

/** Where a host has permitted and other addresses, only the permitted ones are handed on. */
function guardedLookup(policy: AddressPolicy, resolve: ResolveHost): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (error: NodeJS.ErrnoException): void => callback(error, '', 0);
    resolve(hostname).then((found) => {
      const permitted = found.filter(({ address }) => policy.permits(address, hostname));
      const [first] = permitted;
      if (first === undefined) fail(new RefusedAddress());
      else if (options.all === true) callback(null, [...permitted]);
      else callback(null, first.address, first.family);
    }, fail);
  };
}

/** Made once: parsing the usual authorities for each connection would cost more than the connection. */
function contextWith(extraCa: string): ReturnType<typeof createSecureContext> {
  if (!extraCa.includes('-----BEGIN CERTIFICATE-----')) throw new TypeError('the file holds no PEM certificate');
  return createSecureContext({ ca: [...getCACertificates('default'), extraCa] });
}
