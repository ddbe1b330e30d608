// HTTP to Keycloak as the OpenID Connect libraries want it, over the shared pool of sockets.
import { type Dispatcher, fetch, Response as UndiciResponse } from 'undici';
import { describeFailure, UnexpectedAnswer, unavailable } from './keycloak-failures.ts';
import { isJsonAnswer, isOAuthRefusal, parseJson, retryAfterOf, sightOf } from './keycloak-own-answer.ts';

interface KeycloakFetchOptions {
  dispatcher: Dispatcher;
  /** Longest wait for one call, its body included. */
  timeoutMs: number;
  /** What to add where something else than Keycloak answers. */
  advise?: () => Promise<string>;
}

interface RequestOptions {
  method: string;
  headers?: Headers | Record<string, string>;
  body?: URLSearchParams | null;
  signal?: AbortSignal | undefined;
}

/**
 * Never follows a redirect. Resolves to answers of Keycloak's own: success in JSON, or a refusal in the words of OAuth.
 * @throws ByokError `directory_unavailable` for everything else, such as a proxy's page.
 */
export type KeycloakFetch = (url: string, options: RequestOptions) => Promise<Response>;

export function createKeycloakFetch(options: KeycloakFetchOptions): KeycloakFetch {
  const { dispatcher, timeoutMs, advise = async () => '' } = options;
  return async (url, { method, headers, body = null, signal }) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const answered = async () => {
      const response = await fetch(url, {
        method,
        headers: Object.fromEntries(new Headers(headers)),
        body,
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
        dispatcher,
      });
      return { response, text: await response.text() };
    };
    const { response, text } = await answered().catch((error: unknown) => {
      throw unavailable('sign-in', describeFailure(error));
    });
    const { status } = response;
    const seen = { status, contentType: response.headers.get('content-type'), body: parseJson(text) };
    if (!isJsonAnswer(seen) && !isOAuthRefusal(seen)) {
      const what = `${sightOf(seen)}${status < 500 && status !== 429 ? await advise() : ''}`;
      const retryAfter = retryAfterOf(response.headers.get('retry-after'));
      throw unavailable('sign-in', describeFailure(new UnexpectedAnswer(what, { status, retryAfter })));
    }
    // undici's Response is the platform's in all but the name of its type.
    return new UndiciResponse(text, { status, headers: response.headers }) as unknown as Response;
  };
}

/** @param what completes the sentence "Keycloak …". @returns ByokError `directory_unavailable`. */
export const badAnswer = (what: string) => unavailable('sign-in', describeFailure(new UnexpectedAnswer(what)));
