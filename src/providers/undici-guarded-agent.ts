// An undici agent that connects only to addresses its policy permits. The address is checked at the moment of connecting
// and that very address is connected to, so a name server that changes its answer gains nothing.
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import type { AddressPolicy } from './address-policy.ts';

/** No address of the host is permitted: nothing was connected to. */
export class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress';
  readonly code = 'ERR_REFUSED_ADDRESS';
  constructor() {
    super('the address is not permitted');
  }
}

export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

export interface GuardedAgentOptions {
  readonly policy: AddressPolicy;
  /** For the connection, TLS included. Limits on answers are the caller's, by a signal. */
  readonly connectTimeoutMs: number;
  /** PEM of one more authority to trust beside the usual ones. */
  readonly extraCa?: string | undefined;
  /** All addresses of a host name, in the order to be tried. Default: the operating system's resolver. */
  readonly resolve?: ((hostname: string) => Promise<readonly HostAddress[]>) | undefined;
}

const systemResolver = (hostname: string): Promise<readonly HostAddress[]> =>
  lookup(hostname, { all: true, order: 'verbatim' });

/**
 * TLS is verified; redirects are not followed (undici's `request` never does).
 * @throws TypeError where `extraCa` holds no certificate.
 */
export function createGuardedAgent({ policy, connectTimeoutMs, extraCa, resolve }: GuardedAgentOptions): Agent {
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    lookup: guardedLookup(policy, resolve ?? systemResolver),
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
      connect(options, callback);
    },
  });
}

/** Where a host has permitted and other addresses, only the permitted ones are handed on. */
function guardedLookup(policy: AddressPolicy, resolve: typeof systemResolver): LookupFunction {
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
