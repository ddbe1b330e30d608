// Keycloak's admin API: every call is bounded in time, counted, checked for its shape, and signed with a live token.
import KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import { z } from 'zod';
import type { ByokError } from '../shared/errors.ts';
import type { LiveText } from '../shared/live-text.ts';
import { within } from '../shared/timeouts.ts';
import type { KeycloakBreaker } from './keycloak-breaker.ts';
import { createKeycloakConnection } from './keycloak-connection.ts';
import {
  DeadlineExceeded,
  describeFailure,
  type KeycloakFailure,
  UnexpectedAnswer,
  unavailable,
} from './keycloak-failures.ts';
import { createKeycloakTokenProvider, type TokenSource } from './keycloak-token-provider.ts';

export interface KeycloakAdminOptions {
  /** Without a slash at the end. */
  readonly url: string;
  readonly realm: string;
  readonly clientId: string;
  readonly clientSecret: LiveText | undefined;
  readonly admin: { readonly username: string; readonly password: LiveText } | undefined;
  /** PEM file of an authority to trust besides the usual ones. */
  readonly caFile: string | undefined;
  /** Longest wait for one call, its token and its second attempt included. */
  readonly timeoutMs: number;
  /** Undefined: every call is made, and made once. */
  readonly breaker?: KeycloakBreaker | undefined;
  /** Told of every request to the admin API, for metrics. */
  readonly onCall?: (call: KeycloakCall) => void;
  /** Milliseconds since the epoch, for the life of tokens. */
  readonly now?: () => number;
}

type CallKind = 'read' | 'write' | 'find' | 'search' | 'profile' | 'list' | 'count' | 'setup' | 'probe';

/** A search is not: where it takes long it is work for Keycloak, and a second one would be twice that. */
const REPEATABLE: ReadonlySet<CallKind> = new Set(['read', 'find', 'list', 'count', 'profile']);

export interface KeycloakCall {
  readonly kind: CallKind;
  /** `ok`, `status_404`, `timeout`, `unreachable`, `garbage`, `credentials_refused`. */
  readonly outcome: string;
  /** From asking for a token to the answer. */
  readonly seconds: number;
}

interface CallSpec<T> {
  readonly kind: CallKind;
  /** What is asked for, for the log: "read a user". */
  readonly name: string;
  /** What a right answer looks like. */
  readonly shape: z.ZodType<T>;
  /** What no shape can tell: that it is the answer to this question. */
  readonly fits?: (answer: T) => boolean;
  readonly run: (client: KeycloakAdminClient) => Promise<unknown>;
}

export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: KeycloakFailure; readonly error: ByokError };

export interface KeycloakAdmin extends AsyncDisposable {
  /** Makes the call, once more with another token where the first one is refused. `error` is `directory_unavailable` with the reason, for callers who see nothing better in the failure. */
  attempt<T>(spec: CallSpec<T>): Promise<Attempt<T>>;
  /** Makes the call, and throws `directory_unavailable` unless it succeeds. */
  call<T>(spec: CallSpec<T>): Promise<T>;
  /** The present token, for a look at whose it is. @throws ByokError `directory_unavailable` */
  accessToken(): Promise<string>;
  /** Says that this token may not do what is needed. @returns whether the next call has another way. */
  lacksRights(token: string): boolean;
  tokenSource(): TokenSource | undefined;
  readonly timeoutMs: number;
  close(): Promise<void>;
}

export function createKeycloakAdmin(options: KeycloakAdminOptions): KeycloakAdmin {
  const { url, realm, timeoutMs, onCall = () => undefined } = options;
  const connection = createKeycloakConnection({ caFile: options.caFile, timeoutMs });
  const tokens = createKeycloakTokenProvider({ ...options, dispatcher: connection.dispatcher });
  const client = new KeycloakAdminClient({
    baseUrl: url,
    realmName: realm,
    timeout: timeoutMs,
    requestOptions: connection.fetchOptions,
  });
  client.registerTokenProvider(tokens);

  /** @param until in the time of `performance.now()`. */
  const attempt = async <T>(spec: CallSpec<T>, until: number, mayRepeat: boolean): Promise<Attempt<T>> => {
    const { kind, name, shape, fits = () => true, run } = spec;
    const began = performance.now();
    const inTime = <V>(work: () => Promise<V>) => within(until - performance.now(), work, outOfTime);
    const tell = (outcome: string): void => onCall({ kind, outcome, seconds: (performance.now() - began) / 1000 });
    let token: string | undefined;
    try {
      // The token first, so that no call begins after the caller has been told that it failed.
      token = await inTime(() => tokens.getAccessToken());
      const parsed = shape.safeParse(await inTime(() => run(client)));
      if (!parsed.success || !fits(parsed.data))
        throw new UnexpectedAnswer(`something that is not what "${name}" answers`);
      tell('ok');
      return { ok: true, value: parsed.data };
    } catch (error) {
      const failure = describeFailure(error);
      tell(failure.outcome);
      if (mayRepeat && token !== undefined && tryOtherToken(failure.status, token)) {
        return await attempt(spec, until, false);
      }
      return { ok: false, failure, error: unavailable(name, failure) };
    }
  };
  const { breaker } = options;
  const start: KeycloakAdmin['attempt'] = async (spec) => {
    const once = (withinMs: number) => attempt(spec, performance.now() + withinMs, true);
    if (breaker === undefined) return await once(timeoutMs);
    const repeatable = REPEATABLE.has(spec.kind);
    return (await breaker.run(once, { timeoutMs, repeatable })) ?? notAsked(spec.name);
  };
  breaker?.probeWith(() => attempt(PROBE, performance.now() + Math.min(timeoutMs, PROBE_MS), true));

  // Refused with 401 or 403, nothing was executed: even a write may be repeated.
  const tryOtherToken = (status: number | undefined, token: string): boolean => {
    if (status === 403) return tokens.lacksRights(token);
    if (status !== 401) return false;
    tokens.drop(token);
    return true;
  };

  return {
    attempt: start,
    async call(spec) {
      const result = await start(spec);
      if (!result.ok) throw result.error;
      return result.value;
    },
    async accessToken() {
      try {
        return await tokens.getAccessToken();
      } catch (error) {
        throw unavailable('get a token', describeFailure(error));
      }
    },
    lacksRights: (token) => tokens.lacksRights(token),
    tokenSource: () => tokens.source(),
    timeoutMs,
    close: connection.close,
    [Symbol.asyncDispose]: connection.close,
  };
}

/** What shows that Keycloak works, its database included, and costs it next to nothing. */
const PROBE: CallSpec<unknown> = {
  kind: 'probe',
  name: 'look at one user',
  shape: z.array(z.unknown()),
  run: (client) => client.users.find({ max: 1, briefRepresentation: true }),
};
const PROBE_MS = 2_000;

function notAsked(call: string): Attempt<never> {
  const what = 'is not asked for some seconds, because it did not answer';
  const failure = { status: undefined, outcome: 'breaker_open', what, body: undefined };
  return { ok: false, failure, error: unavailable(call, failure) };
}

const outOfTime = (): Error => new DeadlineExceeded('out of time');
