// Requests with a key where no key belongs: as method, path and what is sent.
import { API, type Sent } from './api-client.ts';
import type { Canary } from './canaries.ts';

type Misplaced = readonly [method: string, path: string, sent: Sent];

const b64 = (value: string): string => Buffer.from(value).toString('base64url');
const raw = (type: string, body: string): Sent => ({ body, headers: { 'content-type': type } });
const bearing = (headers: Readonly<Record<string, string>>): Sent => ({ headers });

/** @param turn which half of the bodies goes to which call. */
export function misplacedRequests(canary: Canary, turn: number): Misplaced[] {
  const bodies = inBodies(canary);
  const one = `${API}/keys/${canary.provider}`;
  return [
    ...bodies.map(
      (sent, index): Misplaced => ((index + turn) % 2 === 0 ? ['POST', `${API}/keys/add`, sent] : ['PATCH', one, sent]),
    ),
    ...bodies.slice(0, 5).map((sent): Misplaced => ['POST', `${API}/keys/test/${canary.provider}`, sent]),
    ...inAddresses(canary),
    ...inHeaders(canary),
  ];
}

function inBodies({ provider, key }: Canary): Sent[] {
  const encoded = encodeURIComponent(key);
  return [
    { json: { provider, key: `${key} ` } },
    { json: { provider, key: `${key}\r\nX-Api-Key: ${key}` } },
    { json: { provider, key: [key] } },
    { json: { provider, key: { key } } },
    { json: { provider: key, key } },
    { json: { provider, key, label: [key] } },
    { json: { provider, key: 'short', label: key.repeat(10) } },
    { json: { provider, key, endpoint: `https://${encoded}@llm.example.com/v1` } },
    { json: { provider, key, endpoint: `https://llm.example.com/v1?key=${encoded}` } },
    { json: { provider, key, endpoint: `http://127.0.0.1/${encoded}` } },
    { json: { provider, key, endpoint: key } },
    { json: { [key]: key } },
    { json: [key] },
    { json: key },
    raw('application/json', `{"provider": "${provider}", "key": "${key}`),
    raw('application/json', `${key}`),
    raw('application/json', `{"provider": "${provider}", "key": "${key}", "__proto__": {"key": "${key}"}}`),
    raw('application/json', JSON.stringify({ provider, key, filler: key.repeat(2000) })),
    raw('application/x-www-form-urlencoded', `provider=${provider}&key=${encoded}`),
    raw('text/plain', key),
    raw(`application/${key.replace(/\W/g, '')}`, key),
    raw(key, key),
  ];
}

function inAddresses({ key }: Canary): Misplaced[] {
  const encoded = encodeURIComponent(key);
  return [
    ['POST', '/auth/logout', { body: `{"key": "${key}"`, headers: { 'content-type': 'application/json', cookie: '' } }],
    [
      'POST',
      '/auth/backchannel-logout',
      raw('application/x-www-form-urlencoded', `logout_token=${encoded}&${encoded}=1`),
    ],
    ['POST', '/auth/backchannel-logout', { json: { logout_token: key } }],
    ['POST', '/auth/demo', { json: { email: key } }],
    ['DELETE', `${API}/keys/${encoded}`, {}],
    ['GET', `${API}/keys/${encoded}`, {}],
    ['DELETE', `/auth/sessions/${encoded}`, {}],
    ['GET', `/${encoded}`, {}],
    ['GET', `/${encoded}%zz`, {}],
    ['GET', `/docs/static/${encoded}`, {}],
    ['GET', `${API}/keys?key=${encoded}&${encoded}=1&_t=1`, {}],
    ['GET', `/auth/login?return_to=${encoded}`, {}],
    ['GET', `/auth/callback?code=${encoded}&state=${encoded}`, {}],
    ['GET', `/auth/callback?error=${encoded}&error_description=${encoded}`, bearing({ accept: 'text/html' })],
  ];
}

function inHeaders({ provider, key }: Canary): Misplaced[] {
  const encoded = encodeURIComponent(key);
  return [
    ['GET', `${API}/keys`, bearing({ authorization: `Bearer ${key}` })],
    [
      'GET',
      `${API}/keys`,
      bearing({ authorization: `Bearer ${b64(`{"alg":"${provider}"}`)}.${b64(key)}.${b64(key)}` }),
    ],
    ['GET', `${API}/keys`, bearing({ authorization: `Basic ${b64(`user:${key}`)}` })],
    ['GET', `${API}/keys`, bearing({ authorization: key })],
    ...['session', 'session_token', 'byok_session', '__Host-byok_session', 'byok_sign_in'].map(
      (name): Misplaced => ['GET', `${API}/keys`, bearing({ cookie: `${name}=${encoded}; other=${encoded}` })],
    ),
    [
      'GET',
      `${API}/keys`,
      bearing({ 'x-api-key': key, 'user-agent': key, referer: key, 'x-request-id': key, forwarded: key }),
    ],
    ['GET', `${API}/keys`, bearing({ 'x-forwarded-for': key, 'x-forwarded-host': key, 'x-forwarded-proto': key })],
    ['GET', '/', bearing({ host: 'localhost', accept: key, 'accept-language': key, 'if-none-match': key, range: key })],
    ['DELETE', `${API}/keys/openai`, bearing({ origin: `https://${key.replace(/\W/g, '')}.example` })],
    ['DELETE', `${API}/keys/openai`, bearing({ 'sec-fetch-site': key })],
    ['PUT', `${API}/keys/add`, { json: { key } }],
    ['PROPFIND', `${API}/keys?${encoded}`, {}],
  ];
}
