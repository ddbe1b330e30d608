// Which network addresses this service may connect to for a user: public ones only, unless the operator allows more.
// Sources: IANA's special-purpose address registries (IPv4 and IPv6, RFC 6890); cloud metadata addresses by hand.
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;
type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** What ipaddr.js calls `unicast` and is not, or not for us. */
const ALSO_FORBIDDEN: readonly Range[] = [
  '168.63.129.16/32', // Azure's host: metadata, DNS, DHCP
  '192.0.0.0/24', // IETF protocols; 192.0.0.192 is Oracle's metadata
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays
  '192.175.48.0/24', // AS112
  '2001::/23', // Teredo, ORCHID, benchmarking: no service lives in the IETF's own block
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: carries an IPv4 address
  '3fff::/20', // documentation
].map((range) => ipaddr.parseCIDR(range));

/** The only part of IPv6 that is assigned to public hosts. It leaves out `::127.0.0.1`, mapped, NAT64, unique local, link-local, site-local, multicast. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/** Kinds of address that a host of the operator's own may have. An allowed name may lead there, but never to metadata, multicast and the like. */
const INSIDE: ReadonlySet<string> = new Set(['private', 'loopback', 'carrierGradeNat', 'uniqueLocal']);
/** Metadata services that lie in such ranges: AWS, Google, Alibaba. */
const INSIDE_METADATA = ['fd00:ec2::/32', 'fd20:ce::254/128', '100.100.100.200/32'].map((range) =>
  ipaddr.parseCIDR(range),
);

export interface AddressPolicy {
  /** Whether the operator named this host. Letter case and a dot at the end do not matter. */
  allowsHost(hostname: string): boolean;
  /** Whether a connection to `address` may be opened for a URL that names `hostname`. Anything but a plain IP address: no. */
  permits(address: string, hostname: string): boolean;
}

/**
 * @param allow the operator's host names (exact), addresses and CIDR ranges. A name may lead to private addresses;
 *   a range makes every address in it fine, whatever it is.
 * @param options.loopback this machine by its own names, and by no others that lead to it.
 * @throws TypeError naming an entry that is none of these.
 */
export function createAddressPolicy(
  allow: readonly string[],
  { loopback = false }: { readonly loopback?: boolean | undefined } = {},
): AddressPolicy {
  const ranges: Range[] = [];
  const hosts = new Set<string>();
  for (const entry of allow) {
    const range = toRange(entry);
    if (range !== undefined) ranges.push(range);
    else if (/^[a-z0-9_]([a-z0-9._-]*[a-z0-9])?$/i.test(entry)) hosts.add(entry.toLowerCase());
    else throw new TypeError(`${entry} is not a host name, an address or a CIDR range`);
  }
  const isLocal = (hostname: string): boolean => loopback && isLoopbackName(hostname);
  const named = (hostname: string): boolean => hosts.has(hostname.toLowerCase().replace(/\.$/, ''));
  return {
    allowsHost: (hostname) => named(hostname) || isLocal(hostname),
    permits(text, hostname) {
      const address = parse(text);
      if (address === undefined) return false;
      if (isPublic(address) || ranges.some((range) => contains(range, address))) return true;
      if (isLocal(hostname) && address.range() === 'loopback') return true;
      const isMetadata = INSIDE_METADATA.some((range) => contains(range, address));
      return named(hostname) && INSIDE.has(address.range()) && !isMetadata;
    },
  };
}

/** How this machine is called in an address; `URL` has put every other spelling of them into this one. */
export const isLoopbackName = (hostname: string): boolean =>
  /^(?:localhost\.?|127\.0\.0\.1|::1|\[::1\])$/i.test(hostname);

/** True for every address that is not a public host's, and for anything that is not an address. */
export function isForbiddenAddress(text: string): boolean {
  const address = parse(text);
  return address === undefined || !isPublic(address);
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  if (address.kind() === 'ipv6' && !contains(GLOBAL_UNICAST, address)) return false;
  return !ALSO_FORBIDDEN.some((range) => contains(range, address));
}

const contains = (range: Range, address: Address): boolean =>
  range[0].kind() === address.kind() && address.match(range);

/** ipaddr.js also reads octal and short spellings; only what the operating system calls an address counts here. */
function parse(text: string): Address | undefined {
  return isIP(text) === 0 || text.includes('%') ? undefined : ipaddr.parse(text);
}

function toRange(entry: string): Range | undefined {
  const [address = '', bits] = entry.split('/');
  const version = isIP(address);
  if (version === 0) return undefined;
  const cidr = bits === undefined ? `${address}/${version === 4 ? 32 : 128}` : entry;
  return ipaddr.isValidCIDR(cidr) ? ipaddr.parseCIDR(cidr) : undefined;
}
