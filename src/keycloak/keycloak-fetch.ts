// HTTP to Keycloak as the OpenID Connect libraries want it, over the shared pool of sockets.
import { type Dispatcher, fetch } from 'undici';
import { describeFailure, unavailable } from './keycloak-failures.ts';

interface KeycloakFetchOptions {
  dispatcher: Dispatcher;
  /** Longest wait for one call, its body included. */
  timeoutMs: number;
}

interface RequestOptions {
  method: string;
  headers?: Headers | Record<string, string>;
  body?: URLSearchParams | null;
  signal?: AbortSignal | undefined;
}

/** Never follows a redirect. @throws ByokError `directory_unavailable` for a network failure or a 5xx answer. */
export type KeycloakFetch = (url: string, options: RequestOptions) => Promise<Response>;

export function createKeycloakFetch({ dispatcher, timeoutMs }: KeycloakFetchOptions): KeycloakFetch {
  return async (url, { method, headers, body = null, signal }) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, {
      method,
      headers: Object.fromEntries(new Headers(headers)),
      body,
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      dispatcher,
    }).catch((error: unknown) => {
      throw unavailable('sign-in', describeFailure(error));
    });
    if (response.status >= 500) throw badAnswer(`answered ${response.status}`);
    // undici's Response is the platform's in all but the name of its type.
    return response as unknown as Response;
  };
}

/** @param what completes the sentence "Keycloak …". @returns ByokError `directory_unavailable`. */
export function badAnswer(what: string) {
  return unavailable('sign-in', { status: undefined, outcome: 'garbage', what, body: undefined });
}
