// Calls of the key service: the bearer, one time limit for the whole call, one retry where repeating is safe, typed errors.
import type { AccessToken } from './access-token.ts';
import { ByokClientError, ByokUnavailableError } from './errors.ts';
import { type Answer, fetchAnswer } from './fetch-answer.ts';
import type { Settings } from './settings.ts';

export interface ServiceCall {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Behind `/internal`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Asking twice does what asking once does. */
  readonly repeatable: boolean;
}

export type SendCall = (call: ServiceCall) => Promise<Answer['json']>;

const RETRY_STATUS: ReadonlySet<number | undefined> = new Set([undefined, 502, 503, 504]);
const RETRY_PAUSE_MS = 100;
/** A caller who waits for a key is better served by an error than by a longer pause. */
const LONGEST_PAUSE_MS = 1_000;

export function createServiceCalls(settings: Settings, accessToken: AccessToken): SendCall {
  return async (call) => {
    const signal = AbortSignal.timeout(settings.timeoutMs);
    try {
      return await attempt(settings.url, call, accessToken, signal);
    } catch (error) {
      const pause = call.repeatable && !signal.aborted ? pauseBeforeRetry(error) : undefined;
      if (pause === undefined) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (signal.aborted) throw error;
      return attempt(settings.url, call, accessToken, signal);
    }
  };
}

function pauseBeforeRetry(error: unknown): number | undefined {
  if (!(error instanceof ByokUnavailableError) || !RETRY_STATUS.has(error.status)) return undefined;
  const pause = error.retryAfter === undefined ? RETRY_PAUSE_MS * (1 + Math.random()) : error.retryAfter * 1_000;
  return pause <= LONGEST_PAUSE_MS ? pause : undefined;
}

async function attempt(url: string, call: ServiceCall, accessToken: AccessToken, signal: AbortSignal) {
  const token = await untilAborted(accessToken.get(), signal);
  let answer = await send(url, call, token, signal);
  if (answer.status === 401 && accessToken.refused(token)) {
    answer = await send(url, call, await untilAborted(accessToken.get(), signal), signal);
  }
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer);
  return answer.json;
}

function send(url: string, call: ServiceCall, token: string, signal: AbortSignal): Promise<Answer> {
  const init = {
    method: call.method,
    headers: {
      ...call.headers,
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  };
  return fetchAnswer(`${url}${call.path}`, init, { signal, whom: 'The key service' });
}

// The token may be on its way for another call, with a time limit that began later than ours.
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new ByokUnavailableError('Keycloak did not answer in time.', { code: 'unavailable' }));
    if (signal.aborted) return late();
    signal.addEventListener('abort', late, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', late));
  });
}

function errorOf({ status, headers, json }: Answer): ByokClientError {
  const { code: given, detail, reason, request_id: requestId } = json;
  const code = typeof given === 'string' && /^[a-z_]{1,60}$/.test(given) ? given : undefined;
  const seconds = headers.get('retry-after') ?? '';
  const facts = {
    code: code ?? (status >= 500 ? 'unavailable' : 'unexpected_answer'),
    status,
    requestId: typeof requestId === 'string' ? requestId.slice(0, 100) : undefined,
    retryAfter: /^\d{1,9}$/.test(seconds) ? Number(seconds) : undefined,
    reason: typeof reason === 'string' && /^[a-z_]{1,60}$/.test(reason) ? reason : undefined,
  };
  const message =
    code !== undefined && typeof detail === 'string'
      ? detail.slice(0, 500)
      : `The key service answered ${status} and not as it should: check BYOK_INTERNAL_URL.`;
  return status >= 500 ? new ByokUnavailableError(message, facts) : new ByokClientError(message, facts);
}
