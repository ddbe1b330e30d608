// Keycloak's admin REST API by hand, for tests. It shares no code with src/, so that it can judge the adapters.
import { request } from 'undici';

/** A server, and its administrator. */
interface Administered {
  readonly url: string;
  readonly adminUsername: string;
  readonly adminPassword: string;
}

/** An object of Keycloak's API, as it stands in JSON. */
export type Representation = Record<string, unknown>;

export type AdminResponse = {
  readonly status: number;
  /** The parsed JSON, or undefined when there was no body. */
  readonly body: unknown;
  /** The id at the end of the Location header of what was just created; empty when there is none. */
  readonly id: string;
};

/** One admin call, as the server's administrator. `path` follows `/admin/realms`. Rejects on any status of 400 and above. */
export type AdminCall = (method: Method, path: string, body?: unknown) => Promise<AdminResponse>;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

const CALL_WITHIN_MS = 30_000;
const TOKEN_MARGIN_MS = 20_000;

type Token = { readonly value: string; readonly until: number };

// Kept for all callers of one server, since every new token costs Keycloak a slow password check.
const tokens = new Map<string, Token>();

export function createAdminCall(keycloak: Administered): AdminCall {
  return async (method, path, body) => {
    let token = tokens.get(keycloak.url);
    if (token === undefined || Date.now() > token.until) {
      token = await adminToken(keycloak);
      tokens.set(keycloak.url, token);
    }
    const response = await send(`${keycloak.url}/admin/realms${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token.value}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.status >= 400)
      throw new Error(`Keycloak answered ${method} ${path} with ${response.status} ${JSON.stringify(response.body)}`);
    return response;
  };
}

/** A token by the password grant or any other: `form` is sent as it is. Rejects unless a token comes. */
export async function requestToken(realmUrl: string, form: Record<string, string>): Promise<Representation> {
  const { status, body } = await send(`${realmUrl}/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  if (status !== 200) throw new Error(`Keycloak answered the token request with ${status} ${JSON.stringify(body)}`);
  return body as Representation;
}

async function adminToken(keycloak: Administered): Promise<Token> {
  const asked = Date.now();
  const answer = await requestToken(`${keycloak.url}/realms/master`, {
    grant_type: 'password',
    client_id: 'admin-cli',
    username: keycloak.adminUsername,
    password: keycloak.adminPassword,
  });
  return { value: String(answer.access_token), until: asked + Number(answer.expires_in) * 1000 - TOKEN_MARGIN_MS };
}

type Sent = { readonly method: Method; readonly headers: Record<string, string>; readonly body?: string };

async function send(url: string, options: Sent): Promise<AdminResponse> {
  const response = await request(url, { ...options, signal: AbortSignal.timeout(CALL_WITHIN_MS) });
  const text = await response.body.text();
  const location = response.headers.location;
  return {
    status: response.statusCode,
    body: text === '' ? undefined : JSON.parse(text),
    id: typeof location === 'string' ? location.slice(location.lastIndexOf('/') + 1) : '',
  };
}
