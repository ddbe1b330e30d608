// What an endpoint that a user names must look like before anything is sent there. Names are judged here;
// the addresses behind them are judged when a connection is opened (see address-policy.ts).
import { isIP } from 'node:net';
import { createAddressPolicy, isLoopbackName } from './address-policy.ts';
import { mayBeRepeated, meantEndpoint } from './endpoint-hint.ts';

const MAX_LENGTH = 2048;
const EXAMPLE = ', such as https://llm.example.com/v1';
const UNUSUAL = 'must not contain spaces, backslashes, control characters or letters outside ASCII';
/** Programs that people start themselves listen from here on. */
const FIRST_FREE_PORT = 1024;
const NOT_PUBLIC =
  'must be on the public internet, but leads inside a network (an operator can allow it: CUSTOM_ENDPOINT_ALLOW)';

/** Last labels of names that lead inside a network: RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`, and what routers and clusters use. */
const INSIDE_NAMES: ReadonlySet<string> = new Set(
  'localhost local localdomain internal intranet lan home corp private svc arpa'.split(' '),
);

export interface EndpointRules {
  /** Ports that endpoints may use. */
  readonly ports: readonly number[];
  /** The operator's host names, addresses and CIDR ranges that are fine in spite of being private. */
  readonly allow: readonly string[];
  /** Plain HTTP to servers on this machine: for the embedded default only. */
  readonly loopback?: boolean | undefined;
}

/**
 * `url` is the one spelling to store: origin and path, no slash at the end. `reasons` are sentences for the person, one
 * for each thing that is wrong; `reason` says all of them in one. `local`: a server on this machine, which `loopback`
 * alone allows. None repeats what must not be in an address.
 */
export type EndpointCheck =
  | { readonly ok: true; readonly url: string; readonly local?: true }
  | { readonly ok: false; readonly reason: string; readonly reasons: readonly string[] };

/** Checks the address of an API that speaks like OpenAI's, such as `https://llm.example.com/v1`. Opens no connection. */
export function checkEndpoint(input: string, rules: EndpointRules): EndpointCheck {
  const text = input.trim();
  const url = parse(text);
  const problems = [...problemsOfText(text, url, rules), ...(url === undefined ? [] : problemsOfUrl(url, rules))];
  if (url === undefined || problems.length > 0) return refusal(problems, url, rules);
  return { ok: true, url: baseOf(url), ...(isLocal(url, rules) && { local: true }) };
}

/** A program on this machine that people start themselves, such as Ollama at http://localhost:11434. */
const isLocal = (url: URL, { loopback = false }: EndpointRules): boolean =>
  loopback && url.protocol === 'http:' && isLoopbackName(url.hostname);

const baseOf = (url: URL): string => `${url.origin}${url.pathname}`.replace(/\/+$/, '');

/** Without a scheme it is read as if it had the right one, so that everything else that is wrong is said at once. */
function parse(text: string): URL | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text);
  // A scheme and no host: the scheme is not what it leads to.
  if (!hasScheme && /^(?:https?:|[a-z][a-z0-9+.-]*:\/\/)/i.test(text)) return undefined;
  const full = hasScheme ? text : `https://${text.replace(/^\/*/, '')}`;
  if (!URL.canParse(full)) return undefined;
  const url = new URL(full);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  url.hostname = url.hostname.replace(/\.$/, '');
  return url;
}

/** What is wrong, as the end of a sentence that begins with "The endpoint". */
function refusal(problems: readonly string[], url: URL | undefined, rules: EndpointRules): EndpointCheck {
  const hint = url === undefined || problems.includes(UNUSUAL) ? '' : hintOf(url, rules);
  return {
    ok: false,
    reason: `The endpoint ${problems.join('; ')}${hint}.`,
    reasons: problems.map((problem) => `The endpoint ${problem}.`),
  };
}

/** The same address without what is wrong, if that would do. */
function hintOf(url: URL, rules: EndpointRules): string {
  const plain = `https://${url.host}${url.pathname}`;
  const meant = meantEndpoint(plain) ?? plain;
  if (!URL.canParse(meant)) return '';
  const base = new URL(meant);
  return mayBeRepeated(base) && problemsOfUrl(base, rules).length === 0 ? `; ${baseOf(base)} would be accepted` : '';
}

// URL forgives spaces, tabs, line breaks and backslashes; what people see and what is called should be one thing.
function problemsOfText(text: string, url: URL | undefined, rules: EndpointRules): string[] {
  if (text.length > MAX_LENGTH) return [`must not be longer than ${MAX_LENGTH} characters`];
  const problems: string[] = [];
  const local = url !== undefined && isLocal(url, rules);
  if (url === undefined || !(local ? /^http:\/\/[^/]/i : /^https:\/\/[^/]/i).test(text))
    problems.push(`must be an address that begins with https://${EXAMPLE}`);
  if (/[^\x21-\x7e]|\\/.test(text)) problems.push(UNUSUAL);
  return problems;
}

function problemsOfUrl(url: URL, rules: EndpointRules): string[] {
  const problems: string[] = [];
  if (url.username !== '' || url.password !== '') problems.push('must not contain a user name or password');
  if (/[?#]/.test(url.href)) problems.push('must not contain a query or a fragment (? or #)');
  const local = isLocal(url, rules);
  const port = Number(url.port || '443');
  // Plain HTTP is refused as such; which port it would have used is no second reason.
  const isDefault = url.port === '' && url.protocol === 'http:';
  if (!isDefault && !rules.ports.includes(port) && !(local && port >= FIRST_FREE_PORT))
    problems.push(
      `must use one of these ports: ${rules.ports.join(', ')} (an operator can add one: CUSTOM_ENDPOINT_PORTS)`,
    );
  return local ? problems : [...problems, ...problemsOfHost(url.hostname, rules)];
}

function problemsOfHost(hostname: string, { allow }: EndpointRules): string[] {
  const policy = createAddressPolicy(allow);
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0) return policy.permits(literal, literal) ? [] : [NOT_PUBLIC];
  if (policy.allowsHost(hostname)) return [];
  const labels = hostname.split('.');
  if (labels.includes('')) return ['must contain a valid host name'];
  return labels.length < 2 || INSIDE_NAMES.has(labels.at(-1) ?? '') ? [NOT_PUBLIC] : [];
}
