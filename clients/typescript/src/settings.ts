// The client's settings: from the options, else from the environment. What is missing or unusable is named at once, never shown.
import { ByokClientError } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every option has a variable of the environment behind it or a default. */
export interface ByokClientOptions {
  /** Address of the key service's internal port, such as `https://ops.example.com:8085` (`BYOK_INTERNAL_URL`). */
  readonly url?: string;
  /** A service token made by `byok service-token create` (`BYOK_SERVICE_TOKEN`). Else Keycloak's client credentials: */
  readonly serviceToken?: string;
  /** Keycloak's token endpoint (`BYOK_TOKEN_URL`). */
  readonly tokenUrl?: string;
  /** `BYOK_CLIENT_ID` */
  readonly clientId?: string;
  /** `BYOK_CLIENT_SECRET` */
  readonly clientSecret?: string;
  /**
   * Accept `http://` to other machines: keys and tokens then travel in plain text. Only where nobody else is on the way, such
   * as a network of containers on one machine (`BYOK_ALLOW_INSECURE_HTTP=true`). Default false.
   */
  readonly allowInsecureHttp?: boolean;
  /** Longest time of one call in milliseconds, its retry and sign-in included. Default 5,000. */
  readonly timeoutMs?: number;
  /** Most answers kept in memory. Default 1,000. */
  readonly maxCachedKeys?: number;
  /** Where variables and system keys are looked up. Default `process.env`. */
  readonly env?: Environment;
}

export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface Settings {
  /** What the paths of internal calls are put behind. */
  readonly url: string;
  readonly credentials: { readonly serviceToken: string } | ClientCredentials;
  readonly timeoutMs: number;
  readonly maxCachedKeys: number;
  readonly env: Environment;
}

const PREFIX = '/api/v1/byok';
/** As a URL shows them: every way to write an IPv4 address has become the usual one. */
const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Throws `not_configured` with everything that has to be mended. */
export function readSettings(options: ByokClientOptions): Settings {
  const env = options.env ?? process.env;
  const problems: string[] = [];
  // An empty variable is how many deployments write "not set".
  const text = (given: string | undefined, name: string): string | undefined => given || env[name] || undefined;
  const plainHttp = options.allowInsecureHttp ?? env.BYOK_ALLOW_INSECURE_HTTP === 'true';
  const address: ReadAddress = (given, name) => usableUrl(given, name, { plainHttp, problems });
  const url = address(text(options.url, 'BYOK_INTERNAL_URL'), 'BYOK_INTERNAL_URL');
  const credentials = readCredentials(options, text, { address, problems });
  const timeoutMs = positive(options.timeoutMs ?? 5_000, 'timeoutMs', problems);
  const maxCachedKeys = positive(options.maxCachedKeys ?? 1_000, 'maxCachedKeys', problems);
  if (problems.length > 0) {
    throw new ByokClientError(`The key service's client is not configured: ${problems.join('; ')}.`, {
      code: 'not_configured',
    });
  }
  // Old configurations name the API's prefix as well.
  const base = url.endsWith(PREFIX) ? url : `${url}${PREFIX}`;
  return { url: `${base}/internal`, credentials, timeoutMs, maxCachedKeys, env };
}

type ReadAddress = (given: string | undefined, name: string) => string;

function readCredentials(
  options: ByokClientOptions,
  text: (given: string | undefined, name: string) => string | undefined,
  { address, problems }: { readonly address: ReadAddress; readonly problems: string[] },
): Settings['credentials'] {
  const clientId = text(options.clientId, 'BYOK_CLIENT_ID');
  const clientSecret = text(options.clientSecret, 'BYOK_CLIENT_SECRET');
  const tokenUrl = text(options.tokenUrl, 'BYOK_TOKEN_URL');
  const serviceToken = text(options.serviceToken, 'BYOK_SERVICE_TOKEN');
  if (serviceToken !== undefined) {
    // A line break in a header ends up, with the token, in the message of fetch's exception.
    if (!/^[\x21-\x7e]+$/.test(serviceToken)) problems.push('BYOK_SERVICE_TOKEN has characters no token has');
    return { serviceToken };
  }
  if (clientId === undefined || clientSecret === undefined || tokenUrl === undefined) {
    problems.push('BYOK_SERVICE_TOKEN is missing, or BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET');
    return { serviceToken: '' };
  }
  return { tokenUrl: address(tokenUrl, 'BYOK_TOKEN_URL'), clientId, clientSecret };
}

function usableUrl(
  given: string | undefined,
  name: string,
  { plainHttp, problems }: { readonly plainHttp: boolean; readonly problems: string[] },
): string {
  const url = given !== undefined && URL.canParse(given) ? new URL(given) : undefined;
  if (given === undefined) problems.push(`${name} is missing`);
  else if (url === undefined || !/^https?:$/.test(url.protocol))
    problems.push(`${name} is not an http or https address`);
  else if (url.username !== '' || url.password !== '') problems.push(`${name} must not carry a password`);
  else if (url.search !== '' || url.hash !== '') problems.push(`${name} must have neither ? nor #`);
  else if (url.protocol === 'http:' && !plainHttp && !LOOPBACK.test(url.hostname))
    problems.push(
      `${name} is http:// to another machine, where keys and tokens would travel in plain text: use https://, or set BYOK_ALLOW_INSECURE_HTTP=true (allowInsecureHttp) on a network that nobody else is on`,
    );
  return url === undefined ? '' : url.href.replace(/\/+$/, '');
}

function positive(given: number, name: string, problems: string[]): number {
  // Timers take 32 bits; beyond that they fire at once.
  if (!(Number.isInteger(given) && given > 0 && given < 2 ** 31))
    problems.push(`${name} is not a positive whole number`);
  return given;
}
