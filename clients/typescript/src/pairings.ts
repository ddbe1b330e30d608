// Keeps a key and an endpoint apart that two calls would give and that do not belong together, because something changed in
// between. Each flow (a request that is served, a loop) is judged by what it was given itself; one of which nothing is known, by
// what all others may still hold. What was given counts as held for five minutes, as long as a released key may be used.
import { AsyncLocalStorage } from 'node:async_hooks';
import { ByokClientError } from './errors.ts';

/** Where a key may be sent, or an endpoint that was answered. Null: the provider's own address. */
export interface Destination {
  readonly endpoint: string | null;
  /** Of the user's key; null for a system key, or where there is none. */
  readonly version: number | null;
}

export interface Pairing {
  /** Throws where an endpoint was given to which this key must not be sent. */
  giveKey(provider: string, of: Destination): void;
  /** A key with its endpoint. Both belong together whatever was given before; endpoints given later have to fit. */
  giveBoth(provider: string, of: Destination): void;
  /** Throws where a key was given that must not be sent there. */
  giveEndpoint(provider: string, of: Destination): void;
}

export interface Pairings {
  /** To be called before anything is awaited, so that the caller's later calls are known as its own. */
  begin(person: string): Pairing;
}

/** `open`: others are still held to it, because nobody can say who has it. */
interface Given extends Destination {
  readonly at: number;
  readonly open: boolean;
}

/**
 * How a key was given: `alone`, so that its endpoint is still to come; `paired` with an endpoint that another call gave;
 * or `whole`, with its endpoint in the same answer.
 */
type How = 'alone' | 'paired' | 'whole';

/** What one flow was given for a person and a provider. */
interface Held {
  readonly key?: (Given & { readonly how: How }) | undefined;
  /** An endpoint whose key was not given yet. */
  readonly first?: Given | undefined;
}

/** Endpoint → how many wait for the other half of it, and since when the last one does. */
type Waiting = Map<string | null, { readonly count: number; readonly at: number }>;
type Flow = Map<string, Held>;

const HELD_MS = 300_000;
/** People and providers that a flow remembers; those that it was given last count. */
const MOST_IN_A_FLOW = 32;
const MOST_ENDPOINTS = 32;

export function createPairings(most: number): Pairings {
  const flows = new AsyncLocalStorage<Flow>();
  const keys = new Map<string, Waiting>();
  const endpoints = new Map<string, Waiting>();

  return {
    begin(person) {
      // A copy for each call: calls that run side by side do not see each other's.
      const flow: Flow = new Map(flows.getStore());
      flows.enterWith(flow);
      const at = (provider: string): Place => {
        const name = JSON.stringify([person, provider]);
        return { flow, name, keys: waitingOf(keys, name, most), endpoints: waitingOf(endpoints, name, most) };
      };
      return pairing(at);
    },
  };
}

interface Place {
  readonly flow: Flow;
  readonly name: string;
  readonly keys: Waiting;
  readonly endpoints: Waiting;
}

function pairing(at: (provider: string) => Place): Pairing {
  return {
    giveKey(provider, of) {
      const { flow, name, keys, endpoints } = at(provider);
      const { key, first } = heldOf(flow, name);
      if (first === undefined && othersWaitFor(endpoints, of)) throw withheld('key');
      // Whatever comes of it, this flow knows now.
      if (first?.open === true) end(endpoints, first);
      if (first !== undefined && first.endpoint !== of.endpoint) {
        hold(flow, name, { key, first: { ...first, open: false } });
        throw withheld('key');
      }
      if (key?.open === true) end(keys, key);
      const paired = first !== undefined;
      if (!paired) wait(keys, of);
      hold(flow, name, { key: given(of, { open: !paired, how: paired ? 'paired' : 'alone' }) });
    },
    giveBoth(provider, of) {
      const { flow, name, keys } = at(provider);
      const { key, first } = heldOf(flow, name);
      if (key?.open === true) end(keys, key);
      wait(keys, of);
      hold(flow, name, { key: given(of, { open: true, how: 'whole' }), first });
    },
    giveEndpoint(provider, of) {
      const { flow, name, keys, endpoints } = at(provider);
      const { key, first } = heldOf(flow, name);
      const isKnown = key !== undefined && key.how !== 'paired';
      if (!isKnown && othersWaitFor(keys, of)) throw withheld('endpoint');
      if (key?.open === true) end(keys, key);
      const known = key && { ...key, open: false };
      if (known !== undefined && !fits(known, of)) {
        hold(flow, name, { key: known, first });
        throw withheld('endpoint');
      }
      if (known?.how === 'alone') return hold(flow, name, { key: { ...known, how: 'paired' }, first });
      // A key that came with its endpoint needs no other: this one may be for the key that comes next.
      if (first?.open === true) end(endpoints, first);
      wait(endpoints, of);
      return hold(flow, name, { key: known, first: { ...of, at: performance.now(), open: true } });
    },
  };
}

const given = <More>({ endpoint, version }: Destination, more: More) => ({
  endpoint,
  version,
  at: performance.now(),
  ...more,
});

const isOver = ({ at }: { readonly at: number }): boolean => performance.now() - at >= HELD_MS;

function heldOf(flow: Flow, name: string): Held {
  const { key, first } = flow.get(name) ?? {};
  return { key: key && !isOver(key) ? key : undefined, first: first && !isOver(first) ? first : undefined };
}

function hold(flow: Flow, name: string, held: Held): void {
  putLast(flow, name, held, MOST_IN_A_FLOW);
}

/** An endpoint belongs to one version of the key; the provider's own address is right for all that are not for an endpoint. */
const fits = (key: Destination, of: Destination): boolean =>
  key.endpoint === of.endpoint && (of.endpoint === null || key.version === of.version);

function waitingOf(all: Map<string, Waiting>, name: string, most: number): Waiting {
  const found = all.get(name) ?? new Map();
  putLast(all, name, found, most);
  return found;
}

function othersWaitFor(waiting: Waiting, { endpoint }: Destination): boolean {
  for (const [other, entry] of waiting) if (isOver(entry)) waiting.delete(other);
  return [...waiting.keys()].some((other) => other !== endpoint);
}

function wait(waiting: Waiting, { endpoint }: Destination): void {
  const count = (waiting.get(endpoint)?.count ?? 0) + 1;
  putLast(waiting, endpoint, { count, at: performance.now() }, MOST_ENDPOINTS);
}

function end(waiting: Waiting, { endpoint }: Destination): void {
  const entry = waiting.get(endpoint);
  if (entry === undefined) return;
  if (entry.count > 1) waiting.set(endpoint, { ...entry, count: entry.count - 1 });
  else waiting.delete(endpoint);
}

function putLast<Name, Value>(map: Map<Name, Value>, name: Name, value: Value, most: number): void {
  map.delete(name);
  map.set(name, value);
  for (const oldest of map.keys()) {
    if (map.size <= most) break;
    map.delete(oldest);
  }
}

const withheld = (what: 'key' | 'endpoint'): ByokClientError =>
  new ByokClientError(
    `The ${what} is withheld: something changed between the call for the key and the call for its endpoint, so that they do not belong together. Ask for both at once with getKeyAndEndpointForUser, or try again in five minutes.`,
    { code: 'pair_withheld' },
  );
