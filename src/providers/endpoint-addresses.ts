// Whether the host of an endpoint leads to permitted addresses and to no others. This service connects to permitted ones
// only, whatever the name says; services that get the endpoint connect by themselves, so they and the owner are told.
import { isIP } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { createAddressPolicy } from './address-policy.ts';
import { checkEndpoint, type EndpointRules } from './endpoint-policy.ts';
import { createEndpointResolver } from './endpoint-resolver.ts';
import type { ResolveHost } from './host-addresses.ts';

export interface EndpointAddresses {
  /**
   * For the owner, when the endpoint is saved: asks the name server. A yes comes at once. Every no comes when the same
   * time has passed, so that neither the answer nor the time tells a name inside the network from one that does not exist.
   * `person`: whose endpoint it is. Nobody waits for more than a few look-ups at once: what is above that is not confirmed.
   */
  confirm(endpoint: string, person: string): Promise<boolean>;
  /**
   * For a service that gets the endpoint: what was found at most `LONGEST_MS` ago. Only the first release for a host
   * waits for a look-up, and for `FIRST_WAIT_MS` at most; what is not known by then is not confirmed.
   */
  checked(endpoint: string, person: string): Promise<boolean>;
}

interface EndpointAddressesOptions extends EndpointRules {
  readonly resolve?: ResolveHost | undefined;
  readonly confirmMs?: number;
  readonly now?: () => number;
}

const CONFIRM_MS = 1_500;
const FIRST_WAIT_MS = 250;
/** A yes older than this is looked up again while it still answers, */
const REFRESH_MS = 5 * 60_000;
/** and one older than this answers no more. */
export const LONGEST_MS = 10 * 60_000;
/** A no is looked up again soon: somebody may have set the name right. */
const REFRESH_NO_MS = 30_000;
const MOST_HOSTS = 1_000;
/** Look-ups that wait at once for one person's endpoints, so that nobody uses up what there is for all. */
const MOST_LOOKUPS_EACH = 4;
const MOST_LOOKUPS = 1_000;

interface Finding {
  readonly confirmed: boolean;
  readonly at: number;
}

export function createEndpointAddresses(options: EndpointAddressesOptions): EndpointAddresses {
  const { resolve = createEndpointResolver(options), confirmMs = CONFIRM_MS, now = () => performance.now() } = options;
  const policy = createAddressPolicy(options.allow, options);
  const findings = new LRUCache<string, Finding>({ max: MOST_HOSTS });
  const running = new Map<string, Promise<boolean>>();
  const waiting = new Map<string, number>();

  const lookUp = async (host: string): Promise<boolean> => {
    const found = await resolve(host).catch(() => []);
    const confirmed = found.length > 0 && found.every(({ address }) => policy.permits(address, host));
    findings.set(host, { confirmed, at: now() });
    return confirmed;
  };

  /** One look-up for all who ask for the same host at once. */
  const ask = (host: string, person: string): Promise<boolean> => {
    const joined = running.get(host);
    if (joined !== undefined) return joined;
    const before = waiting.get(person) ?? 0;
    if (before >= MOST_LOOKUPS_EACH || running.size >= MOST_LOOKUPS) return Promise.resolve(false);
    const started = lookUp(host).finally(() => {
      running.delete(host);
      const left = (waiting.get(person) ?? 0) - 1;
      if (left > 0) waiting.set(person, left);
      else waiting.delete(person);
    });
    running.set(host, started);
    waiting.set(person, before + 1);
    return started;
  };

  /** Undefined: the rules refuse the endpoint, or its host is an address and needs no look-up: then that is the answer. */
  const hostOf = (endpoint: string): { readonly host: string } | { readonly known: boolean } => {
    const check = checkEndpoint(endpoint, options);
    if (!check.ok) return { known: false };
    const host = new URL(check.url).hostname;
    const literal = host.replace(/^\[|\]$/g, '');
    return isIP(literal) === 0 ? { host } : { known: policy.permits(literal, literal) };
  };

  return {
    async confirm(endpoint, person) {
      const where = hostOf(endpoint);
      if ('known' in where) return where.known;
      const time = wait(confirmMs, false, { ref: false });
      if (await Promise.race([ask(where.host, person), time])) return true;
      return await time;
    },
    async checked(endpoint, person) {
      const where = hostOf(endpoint);
      if ('known' in where) return where.known;
      const { host } = where;
      const finding = findings.get(host);
      const age = now() - (finding?.at ?? Number.NEGATIVE_INFINITY);
      if (finding === undefined || (finding.confirmed && age > LONGEST_MS))
        return await Promise.race([ask(host, person), wait(FIRST_WAIT_MS, false, { ref: false })]);
      if (age > (finding.confirmed ? REFRESH_MS : REFRESH_NO_MS)) void ask(host, person);
      return finding.confirmed;
    },
  };
}

/** What the owner reads: the same for every name that is not confirmed. */
export const NOT_CONFIRMED =
  'The host name of the endpoint could not be confirmed to lead to public addresses, so services may refuse to call it. Check its spelling; if it is inside your network, an operator has to list it in CUSTOM_ENDPOINT_ALLOW.';
