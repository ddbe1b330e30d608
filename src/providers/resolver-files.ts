// What the system's resolver knows besides name servers: the hosts file (hosts(5)) and the search domains of
// resolv.conf(5), such as those of a Kubernetes cluster.
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { HostAddress } from './host-addresses.ts';

export interface ResolverFiles {
  readonly hosts: string;
  readonly configuration: string;
}

const SYSTEM: ResolverFiles = { hosts: '/etc/hosts', configuration: '/etc/resolv.conf' };
/** As many as the system takes. */
const MOST_DOMAINS = 6;
const MOST_DOTS = 15;

/** The contents of both; one that cannot be read says nothing. */
export async function readResolverFiles({ hosts, configuration }: ResolverFiles = SYSTEM): Promise<ResolverFiles> {
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const [first, second] = await Promise.all([read(hosts), read(configuration)]);
  return { hosts: first, configuration: second };
}

/** What the hosts file has for the name. It counts before any name server, as for the system. */
export function listedAddresses(hosts: string, hostname: string): HostAddress[] {
  const wanted = hostname.toLowerCase();
  return wordsOf(hosts).flatMap(([address = '', ...names]) => {
    const family = isIP(address);
    return family !== 0 && names.some((name) => name.toLowerCase() === wanted) ? [{ address, family }] : [];
  });
}

/** The name itself and with each search domain. A name with few dots is tried with them first, as the system does it. */
export function namesToAsk(configuration: string, hostname: string): string[] {
  const lines = wordsOf(configuration);
  const [, ...domains] = lines.findLast(([word]) => word === 'search' || word === 'domain') ?? [];
  const dots = lines.flatMap(([word, ...options]) => (word === 'options' ? options : [])).map(dotsOf);
  const searched = domains.slice(0, MOST_DOMAINS).map((domain) => `${hostname}.${domain.replace(/^\.|\.$/g, '')}`);
  const needed = Math.min(dots.findLast((count) => count !== undefined) ?? 1, MOST_DOTS);
  return hostname.split('.').length - 1 >= needed ? [hostname, ...searched] : [...searched, hostname];
}

const dotsOf = (option: string): number | undefined => {
  const [, count] = /^ndots:(\d+)$/.exec(option) ?? [];
  return count === undefined ? undefined : Number(count);
};

const wordsOf = (text: string): string[][] =>
  text.split('\n').map((line) =>
    line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/),
  );
