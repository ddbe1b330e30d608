// The addresses of a host name, as the operating system knows them.
import { lookup } from 'node:dns/promises';

export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a host name, in the order to be tried. Rejects where it has none. */
export type ResolveHost = (hostname: string) => Promise<readonly HostAddress[]>;

export const systemResolver: ResolveHost = (hostname) => lookup(hostname, { all: true, order: 'verbatim' });
