// Hosts in settings: what an address or a name looks like, and what people write in its place.
import { isIP } from 'node:net';

/** Underscores too: containers are called so. */
const NAME =
  /^(?=.{1,253}\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/i;

/** An address that lost a part of itself is no name: names do not end in a number. */
const isHostName = (value: string): boolean => NAME.test(value) && !/(?:^|\.)\d+\.?$/.test(value);

/** @param hostname of a URL: IPv6 is in brackets there. */
export const isUrlHost = (hostname: string): boolean =>
  isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0 || isHostName(hostname);

const isAddress = (value: string): boolean => isIP(value) !== 0 || isHostName(value);

/** What is wrong with it as an address to listen on; undefined where nothing is. */
export function listenProblem(value: string, portVariable: string): string | undefined {
  if (isAddress(value)) return undefined;
  const bare = value.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/\/$/, '');
  if (bare !== value && /^[^/]+$/.test(bare))
    return 'must be an address such as 0.0.0.0 or ::, without a scheme and a slash';
  const [, six, host = six ?? ''] = /^(?:\[([^\]]*)\]|([^:[\]]*)):\d+$/.exec(value) ?? [];
  if (isAddress(host)) return `must be the address alone: put the port into ${portVariable}`;
  if (isIP(value.replace(/^\[(.*)\]$/, '$1')) === 6) return 'must be the address without brackets, such as ::';
  return 'must be an IP address such as 0.0.0.0 or ::, or a host name of this machine';
}
