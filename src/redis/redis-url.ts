// REDIS_URL: one Redis (`redis://`, `rediss://`), or the Sentinels that know which one it is (`redis+sentinel://`).

/** As ioredis takes it. */
export interface SentinelOptions {
  readonly sentinels: { host: string; port: number }[];
  /** Of the primary. */
  readonly name: string;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  readonly tls?: object;
  readonly sentinelTLS?: object;
  readonly enableTLSForSentinelMode?: boolean;
}

/** Example of each form. */
export const REDIS_URL_EXAMPLES =
  'redis://host:6379/0, or redis+sentinel://:password@sentinel-1:26379,sentinel-2:26379/mymaster/0 for Sentinel';

const SENTINEL_URL =
  /^(rediss?)\+sentinel:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^/?#]*)(?:\/(\d{1,5})?)?)?(?:\?([^#]*))?$/i;
const SENTINEL_PORT = 26_379;
const DEFAULT_NAME = 'mymaster';
const HOST = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i;
const QUERY: ReadonlySet<string> = new Set(['sentinel_username', 'sentinel_password']);

/** @returns what ioredis takes: the address as it is, or the options for Sentinel; undefined where it is neither. */
export function parseRedisUrl(text: string): string | SentinelOptions | undefined {
  if (/^rediss?:/i.test(text)) return isPlain(text) ? text : undefined;
  try {
    return sentinelOptions(text);
  } catch {
    // A percent sign that stands for nothing.
    return undefined;
  }
}

/** Without a number after the slash ioredis would take the first database without a word. */
function isPlain(text: string): boolean {
  return URL.canParse(text) && /^rediss?:\/\//i.test(text) && /^\/?\d{0,5}$/.test(new URL(text).pathname);
}

function sentinelOptions(text: string): SentinelOptions | undefined {
  const [, scheme = '', login = '', hosts = '', name = '', db = '0', query = ''] = SENTINEL_URL.exec(text) ?? [];
  const sentinels = hosts.split(',').map(sentinelAddress);
  const parameters = new URLSearchParams(query);
  // A number is the database's, in its wrong place.
  if (scheme === '' || /^\d+$/.test(name) || ![...parameters.keys()].every((key) => QUERY.has(key))) return undefined;
  const known = sentinels.filter((address) => address !== undefined);
  if (known.length < sentinels.length) return undefined;
  const [username, password] = [login.split(':')[0], login.split(':').slice(1).join(':')].map(decoded);
  return {
    sentinels: known,
    name: decoded(name) ?? DEFAULT_NAME,
    db: Number(db),
    ...defined({
      username,
      password,
      sentinelUsername: parameters.get('sentinel_username') ?? undefined,
      sentinelPassword: parameters.get('sentinel_password') ?? undefined,
    }),
    ...(scheme.toLowerCase() === 'rediss' ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  };
}

function sentinelAddress(text: string): { host: string; port: number } | undefined {
  const [, six, host = six, port = String(SENTINEL_PORT)] = HOST.exec(text.trim()) ?? [];
  return host === undefined || Number(port) < 1 || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}

const decoded = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : decodeURIComponent(text);

function defined(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
