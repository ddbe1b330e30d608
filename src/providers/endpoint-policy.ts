// What an endpoint that a user names must look like before anything is sent there. Names are judged here;
// the addresses behind them are judged when a connection is opened (see address-policy.ts).
import { isIP } from 'node:net';
import { createAddressPolicy } from './address-policy.ts';

const MAX_LENGTH = 2048;

/** Last labels of names that lead inside a network: RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`, and what routers and clusters use. */
const INSIDE_NAMES: ReadonlySet<string> = new Set(
  'localhost local localdomain internal intranet lan home corp private svc arpa'.split(' '),
);

const NOT_PUBLIC = 'The endpoint must be on the public internet; this address leads inside a network.';

export interface EndpointRules {
  /** Ports that endpoints may use. */
  readonly ports: readonly number[];
  /** The operator's host names, addresses and CIDR ranges that are fine in spite of being private. */
  readonly allow: readonly string[];
}

/** `url` is the one spelling to store: origin and path, no slash at the end. `reason` is a sentence for the person. */
export type EndpointCheck =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly reason: string };

/** Checks the address of an API that speaks like OpenAI's, such as `https://llm.example.com/v1`. Opens no connection. */
export function checkEndpoint(input: string, rules: EndpointRules): EndpointCheck {
  const text = input.trim();
  const reason = problemOfText(text);
  if (reason !== undefined) return { ok: false, reason };
  const url = new URL(text);
  url.hostname = url.hostname.replace(/\.$/, '');
  const problem = problemOfUrl(url, rules);
  if (problem !== undefined) return { ok: false, reason: problem };
  return { ok: true, url: `${url.origin}${url.pathname}`.replace(/\/+$/, '') };
}

// URL forgives spaces, tabs, line breaks and backslashes; what people see and what is called should be one thing.
function problemOfText(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `The endpoint must not be longer than ${MAX_LENGTH} characters.`;
  if (!/^https:\/\/[^/]/i.test(text) || !URL.canParse(text))
    return 'The endpoint must be an address that begins with https://, such as https://llm.example.com/v1.';
  if (/[^\x21-\x7e]|\\/.test(text))
    return 'The endpoint must not contain spaces, backslashes, control characters or letters outside ASCII.';
  return undefined;
}

function problemOfUrl(url: URL, { ports, allow }: EndpointRules): string | undefined {
  if (url.protocol !== 'https:') return 'The endpoint must begin with https://.';
  if (url.username !== '' || url.password !== '') return 'The endpoint must not contain a user name or password.';
  if (/[?#]/.test(url.href)) return 'The endpoint must not contain a query or a fragment (? or #).';
  const port = url.port === '' ? 443 : Number(url.port);
  if (!ports.includes(port)) return `The endpoint must use one of these ports: ${ports.join(', ')}.`;
  return problemOfHost(url.hostname, allow);
}

function problemOfHost(hostname: string, allow: readonly string[]): string | undefined {
  const policy = createAddressPolicy(allow);
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0) {
    return policy.permits(literal, literal) ? undefined : NOT_PUBLIC;
  }
  if (policy.allowsHost(hostname)) return undefined;
  const labels = hostname.split('.');
  if (labels.includes('')) return 'The endpoint must contain a valid host name.';
  if (labels.length < 2 || INSIDE_NAMES.has(labels.at(-1) ?? '')) {
    return NOT_PUBLIC;
  }
  return undefined;
}
