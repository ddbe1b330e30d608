// The addresses of host names that people give, over c-ares: a name server that never answers costs a socket for a few
// seconds. The system's own look-up would cost one of the four threads that all look-ups and files of the process share.
// c-ares as Node offers it asks name servers only; the hosts file and the search domains come from `resolver-files.ts`.
import { Resolver } from 'node:dns/promises';
import type { HostAddress, ResolveHost } from './host-addresses.ts';
import { listedAddresses, namesToAsk, type ResolverFiles, readResolverFiles } from './resolver-files.ts';

export interface NetworkResolverOptions {
  /** `address:port` of name servers. Default: those of the system. */
  readonly servers?: readonly string[];
  readonly files?: ResolverFiles;
  readonly limitMs?: number;
  readonly tryMs?: number;
}

/** For a whole look-up. Less than a connection to an endpoint has. */
const LIMIT_MS = 3_500;
/** c-ares looks at its clock once in this time, and waits longer with each try. */
const TRY_MS = 500;
const TRIES = 3;

/** Answers that say there is no address, or that this server will not say. Silence is none of them. */
const NONE: ReadonlySet<unknown> = new Set([
  'ENODATA',
  'ENOTFOUND',
  'ESERVFAIL',
  'EREFUSED',
  'ENOTIMP',
  'EFORMERR',
  'EBADRESP',
  'EBADNAME',
]);

/** Rejects where no name server answers. */
export function createNetworkResolver(options: NetworkResolverOptions = {}): ResolveHost {
  const { servers, files, limitMs = LIMIT_MS, tryMs = TRY_MS } = options;
  return async (hostname) => {
    // One for each look-up: it reads what the system's name servers are now, and ends with its queries.
    const resolver = new Resolver({ timeout: tryMs, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const limit = new AbortController();
    const timer = setTimeout(() => {
      limit.abort();
      resolver.cancel();
    }, limitMs);
    try {
      const { hosts, configuration } = await readResolverFiles(files);
      const listed = listedAddresses(hosts, hostname);
      if (listed.length > 0) return listed;
      for (const name of namesToAsk(configuration, hostname)) {
        limit.signal.throwIfAborted();
        const found = await ask(resolver, name);
        if (found.length > 0) return found;
      }
      return [];
    } finally {
      clearTimeout(timer);
      resolver.cancel();
    }
  };
}

/** Both kinds, or neither: an address that is still to come could be one that is not permitted. */
async function ask(resolver: Resolver, name: string): Promise<HostAddress[]> {
  const kinds = [
    { family: 4, asked: resolver.resolve4(name) },
    { family: 6, asked: resolver.resolve6(name) },
  ];
  const found = kinds.map(async ({ family, asked }) => {
    const addresses = await asked.catch((error: NodeJS.ErrnoException) => {
      if (NONE.has(error.code)) return [];
      throw error;
    });
    return addresses.map((address) => ({ address, family }));
  });
  return (await Promise.all(found)).flat();
}
