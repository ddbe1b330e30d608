// A small client of the service: keeps cookies, sends what it is told and nothing else, and judges no status.
import type { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';

/** Where the key API begins. */
export const API = '/api/v1/byok';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body as JSON; undefined where it is none. */
  readonly body: unknown;
  /** The sentence for the person in a problem document. */
  readonly detail: unknown;
}

export interface Sent {
  /** Sent as JSON with its content type. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Buffer | Readable;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiClient {
  readonly cookies: Map<string, string>;
  send(method: string, path: string, sent?: Sent): Promise<Reply>;
  get(path: string, sent?: Sent): Promise<Reply>;
  post(path: string, json?: unknown): Promise<Reply>;
  patch(path: string, json: unknown): Promise<Reply>;
  delete(path: string): Promise<Reply>;
}

interface ApiClientOptions {
  /** Every path is put behind it. */
  readonly url: string;
  readonly dispatcher: Dispatcher;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

const PATIENCE_MS = 60_000;

export function createApiClient({ url, dispatcher, headers = {} }: ApiClientOptions): ApiClient {
  const cookies = new Map<string, string>();
  const send: ApiClient['send'] = async (method, path, sent = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await request(`${url}${path}`, {
      method: method as Dispatcher.HttpMethod,
      dispatcher,
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(sent.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...sent.headers,
      },
      body: sent.json === undefined ? (sent.body ?? null) : JSON.stringify(sent.json),
    });
    // What answers cookies that a test sent by hand says nothing of those that are kept.
    if (sent.headers?.cookie === undefined) keepCookies(cookies, answer.headers['set-cookie']);
    const text = await answer.body.text();
    const body = parseJson(text);
    return { status: answer.statusCode, headers: answer.headers, text, body, detail: detailOf(body) };
  };
  return {
    cookies,
    send,
    get: (path, sent) => send('GET', path, sent),
    post: (path, json) => send('POST', path, { json }),
    patch: (path, json) => send('PATCH', path, { json }),
    delete: (path) => send('DELETE', path),
  };
}

function keepCookies(cookies: Map<string, string>, lines: string | string[] | undefined): void {
  for (const line of [lines ?? []].flat()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/;\s*max-age=0/i.test(line) || value === '') cookies.delete(name);
    else cookies.set(name, value);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const detailOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'detail' in body ? body.detail : undefined;
