// Asks every route that the service has registered, without credentials and with ones that are worth nothing.
import { expect } from 'vitest';
import { UI_PATHS } from '../../../src/page/ui-routes.ts';
import type { Sent } from './api-client.ts';
import { expectProblem } from './problem.ts';
import type { RunningService } from './running-service.ts';

const b64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const UNSIGNED = `${b64({ alg: 'none' })}.${b64({ sub: '1', exp: 9_999_999_999 })}.`;

const WORTHLESS: Readonly<Record<string, Sent['headers'] & object>> = {
  nothing: {},
  'cookies of no session': {
    cookie: ['__Host-byok_session', 'byok_session', 'session_token', 'session']
      .map((name) => `${name}=${'x'.repeat(43)}`)
      .join('; '),
  },
  'empty cookies': { cookie: 'byok_session=; session_token=; session=' },
  'a bearer that is no token': { authorization: 'Bearer x' },
  'a token without a signature': { authorization: `Bearer ${UNSIGNED}` },
  'an empty bearer': { authorization: 'Bearer ' },
  'a password': { authorization: `Basic ${Buffer.from('admin:admin').toString('base64')}` },
  'headers of a proxy that signs people in': { 'x-forwarded-user': 'admin', 'x-user-id': '1', 'remote-user': 'admin' },
};

/** @returns `METHOD /address` of every route that does not answer 401 to someone unknown; all others do, as they should. */
export async function routesOpenToAnyone({
  app,
  client: newClient,
}: Pick<RunningService, 'app' | 'client'>): Promise<string[]> {
  const client = newClient();
  const open = new Set<string>();
  for (const { method, url } of app.registeredRoutes) {
    const path = url.replace(/:\w+/g, 'openai').replace('*', 'swagger-ui.css');
    for (const [what, headers] of Object.entries(WORTHLESS)) {
      const reply = await client.send(method, path, { headers });
      if (reply.status !== 401) open.add(`${method} ${url}`);
      else if (method === 'HEAD') expect(reply.text).toBe('');
      else expectProblem(reply, 401, 'not_authenticated');
      expect({ what, setCookie: /byok_session=[^;]/.test(String(reply.headers['set-cookie'])) }).toEqual({
        what,
        setCookie: false,
      });
    }
  }
  return [...open].sort();
}

/** Each path with GET and HEAD. */
export const readable = (...paths: string[]): string[] => paths.flatMap((path) => [`GET ${path}`, `HEAD ${path}`]);

/** Meant for anyone, on every port. */
export const OPEN = [
  ...readable('/healthz', '/readyz', '/openapi.json'),
  ...readable(
    '/docs',
    '/docs/json',
    '/docs/yaml',
    '/docs/static/index.html',
    '/docs/static/swagger-initializer.js',
    '/docs/static/*',
  ),
  'HEAD /docs/',
];

/** And on the port of internal services, which only the inside reaches. */
export const INTERNAL_OPEN = [...OPEN, ...readable('/metrics')];

/** Meant for anyone, in both ways of signing in. */
export const PUBLIC = [
  ...OPEN,
  ...readable('/auth/style.css'),
  // The page: it shows what its calls answer, and those say who asks.
  ...readable(...UI_PATHS, '/ui/byok-keys.js', '/ui/assets/:file'),
  'POST /auth/logout',
];
