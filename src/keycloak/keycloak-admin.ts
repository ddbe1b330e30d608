// Keycloak's admin API: every call is bounded in time, counted, checked for its shape, and signed with a live token.
import KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import type { ByokError } from '../shared/errors.ts';
import type { LiveText } from '../shared/live-text.ts';
import { answerWithin, within } from '../shared/timeouts.ts';
import type { KeycloakBreaker } from './health/keycloak-breaker.ts';
import { outageOf } from './health/keycloak-health.ts';
import { createPause } from './health/keycloak-pause.ts';
import { PROBE, PROBE_MS } from './health/keycloak-probe.ts';
import { createAddressAdvice } from './keycloak-address.ts';
import type { CallKind, CallSpec, KeycloakCall } from './keycloak-call.ts';
import { createKeycloakConnection } from './keycloak-connection.ts';
import {
  DeadlineExceeded,
  describeFailure,
  failsOnThis,
  type KeycloakFailure,
  refused,
  refusedWord,
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

/** A search is not: where it takes long it is work for Keycloak, and a second one would be twice that. */
const REPEATABLE: ReadonlySet<CallKind> = new Set(['read', 'find', 'list', 'count', 'profile']);

export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: KeycloakFailure; readonly error: ByokError };

export interface KeycloakAdmin extends AsyncDisposable {
  /** Makes the call, once more with another token where the first one is refused. `error` is `directory_unavailable`, or that Keycloak refuses this service, with the reason, for callers who see nothing better in the failure. */
  attempt<T>(spec: CallSpec<T>): Promise<Attempt<T>>;
  /** Makes the call, and throws the `error` unless it succeeds. */
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
  const advise = createAddressAdvice({ url, realm, dispatcher: connection.dispatcher });
  const pause = createPause();
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
    const asked = pause.failure();
    if (asked !== undefined) return { ok: false, failure: asked, error: unavailable(name, asked) };
    try {
      // The token first, so that no call begins after the caller has been told that it failed.
      token = await inTime(() => tokens.getAccessToken());
      const parsed = shape.safeParse(await inTime(() => run(client)));
      if (!parsed.success || !fits(parsed.data))
        throw new UnexpectedAnswer(
          `answered with something that is not what "${name}" answers: is KEYCLOAK_URL a Keycloak?`,
        );
      tell('ok');
      return { ok: true, value: parsed.data };
    } catch (error) {
      const seen = describeFailure(error);
      tell(seen.outcome);
      if (mayRepeat && token !== undefined && tryOtherToken(seen, token)) {
        return await attempt(spec, until, false);
      }
      pause.sees(seen);
      const failure = await withAdvice(seen, until);
      return { ok: false, failure, error: unavailable(name, failure) };
    }
  };
  /** Where something else than Keycloak has answered, with what there is to say of the address. */
  const withAdvice = async (failure: KeycloakFailure, until: number): Promise<KeycloakFailure> => {
    if (!isElsewhere(failure)) return failure;
    const advice = await answerWithin(until - performance.now(), advise);
    return { ...failure, what: `${failure.what}${advice ?? ''}` };
  };
  const { breaker } = options;
  const start: KeycloakAdmin['attempt'] = async (spec) => {
    const once = (withinMs: number) => attempt(spec, performance.now() + withinMs, true);
    if (breaker === undefined) return await once(timeoutMs);
    const began = performance.now();
    const result = await breaker.run(once, { timeoutMs, repeatable: REPEATABLE.has(spec.kind) });
    if (result === undefined) return notAsked(spec.name, breaker.cause());
    if (result.ok || outageOf(result) === undefined || !breaker.vouches(began)) return result;
    return { ...result, error: failsOnThis(spec.name, result.failure) };
  };
  breaker?.probeWith(() => attempt(PROBE, performance.now() + Math.min(timeoutMs, PROBE_MS), true));

  // Refused with 401 or 403, nothing was executed: even a write may be repeated.
  const tryOtherToken = ({ status, own }: KeycloakFailure, token: string): boolean => {
    if (status === 403) return own && tokens.lacksRights(token);
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

/** Nothing was sent, for the reason for which nothing is sent. */
function notAsked(call: string, cause: KeycloakFailure | undefined): Attempt<never> {
  if (cause !== undefined && refusedWord(cause) !== undefined)
    return { ok: false, failure: cause, error: refused(call, cause) };
  const what = cause?.what ?? 'is not asked for some seconds, because it did not answer';
  const retryAfter = cause?.retryAfter;
  const failure = { status: undefined, outcome: 'breaker_open', what, body: undefined, own: false, retryAfter };
  return { ok: false, failure, error: unavailable(call, failure) };
}

const isElsewhere = ({ own, status, outcome }: KeycloakFailure): boolean =>
  !own && (status === undefined ? outcome === 'garbage' : status < 500 && status !== 429);

const outOfTime = (): Error => new DeadlineExceeded('out of time');
