// The addresses of a host name, and how the operating system finds them.
import { lookup } from 'node:dns/promises';

export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a host name, in the order to be tried. Empty, or rejects, where it has none. */
export type ResolveHost = (hostname: string) => Promise<readonly HostAddress[]>;

const running = new Map<string, Promise<readonly HostAddress[]>>();

/**
 * Each look-up takes one of the process's four threads until the name server answers, so it is for names of the operator's
 * alone, and all who ask for the same one at once share it.
 */
export const systemResolver: ResolveHost = (hostname) => {
  const name = hostname.toLowerCase();
  const joined = running.get(name);
  if (joined !== undefined) return joined;
  const started = lookup(name, { all: true, order: 'verbatim' }).finally(() => running.delete(name));
  running.set(name, started);
  return started;
};
