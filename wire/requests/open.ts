// What anybody may ask for: health, descriptions, the page and its files, metrics.
import { setTimeout as wait } from 'node:timers/promises';
import type { Recorder } from '../recorder.ts';
import { API, PAGE, type Step } from '../step.ts';

const head = (path: string): Step => ({ name: `HEAD ${path}`, method: 'HEAD', path });

const PUBLIC: readonly Step[] = [
  { name: 'is it alive', path: '/healthz' },
  { name: 'is it ready', path: '/readyz' },
  { name: 'is it ready, with a query', path: '/readyz?verbose=1' },
  { name: 'description', path: '/openapi.json' },
  { name: 'page of the description', path: '/docs' },
  { name: 'page of the description, with a slash', path: '/docs/' },
  { name: 'description as JSON', path: '/docs/json' },
  { name: 'description as YAML', path: '/docs/yaml' },
  { name: 'start of the description’s page', path: '/docs/static/index.html' },
  { name: 'script of the description’s page', path: '/docs/static/swagger-initializer.js' },
  { name: 'style of the description’s page', path: '/docs/static/swagger-ui.css' },
  { name: 'no such file of the description’s page', path: '/docs/static/none.css' },
  { name: 'stylesheet', path: '/auth/style.css' },
  { name: 'stylesheet, taken compressed', path: '/auth/style.css?v=1', headers: { 'accept-encoding': 'br, gzip' } },
  ...['/healthz', '/readyz', '/openapi.json', '/docs', '/auth/style.css', '/', '/ui/byok-keys.js'].map(head),
];

const PAGES: readonly Step[] = ['/', '/activity', '/account', '/admin', '/admin/people', '/admin/audit'].flatMap(
  (path): Step[] => [
    { name: `page ${path} for nobody`, path, headers: PAGE },
    { name: `page ${path} for somebody`, path, headers: PAGE, as: 'starter' },
  ],
);

const MORE_PAGES: readonly Step[] = [
  { name: 'page for nobody, as a program asks', path: '/' },
  { name: 'page for nobody with filters', path: '/activity?action=key.add&provider=openai', headers: PAGE },
  { name: 'page for nobody with filters that are too long', path: `/activity?q=${'x'.repeat(2100)}`, headers: PAGE },
  { name: 'page with a dead cookie', path: '/', headers: { ...PAGE, cookie: `byok_session=${'x'.repeat(43)}` } },
  { name: 'page with a slash too many', path: '/activity/', headers: PAGE, as: 'starter' },
  { name: 'page of the administrators for others', path: '/admin', headers: PAGE, as: 'trial' },
  { name: 'page that does not exist', path: '/nothing', headers: PAGE },
  { name: 'page by POST', method: 'POST', path: '/activity', headers: PAGE },
  { name: 'no such file of the page', path: '/ui/assets/none-00000000.js', headers: PAGE },
  { name: 'no such file of the page, for a program', path: '/ui/assets/none-00000000.js' },
  { name: 'file of the page with a way out', path: '/ui/assets/..%2f..%2fpackage.json' },
  { name: 'folder of the page', path: '/ui/assets/' },
  { name: 'manifest of the page', path: '/ui/manifest.json' },
];

export async function askOpen(to: Recorder): Promise<void> {
  await to.all(PUBLIC);
  await to.all(PAGES);
  await to.all(MORE_PAGES);
  await askFiles(to);
}

/** Names of files change with what is in them: they are read from the page. */
async function askFiles(to: Recorder): Promise<void> {
  const page = await to.ask({ name: 'page that names its files', path: '/', headers: PAGE, as: 'professional' });
  const text = page.body.toString();
  const script = /src="(\/[^"]*\.js)"/.exec(text)?.[1] ?? '/no-script';
  const style = /href="(\/[^"]*assets\/[^"]*\.css)"/.exec(text)?.[1] ?? '/no-style';
  const files = { script, style, element: '/ui/byok-keys.js' };
  for (const [what, path] of Object.entries(files)) {
    const plain = await to.ask({ name: `${what} of the page`, path });
    await to.ask({ name: `${what} of the page, compressed`, path, headers: { 'accept-encoding': 'gzip, br' } });
    await to.ask({ name: `${what} of the page, gzip only`, path, headers: { 'accept-encoding': 'gzip' } });
    const etag = plain.headers.find(([name]) => name === 'etag')?.[1] ?? '';
    await to.ask({ name: `${what} of the page, known`, path, headers: { 'if-none-match': etag } });
    await to.ask({ name: `${what} of the page, known weakly`, path, headers: { 'if-none-match': `W/${etag}` } });
    await to.ask({ name: `${what} of the page, another known`, path, headers: { 'if-none-match': '"0"' } });
    await to.ask({ name: `${what} of the page, in part`, path, headers: { range: 'bytes=0-3' } });
    await to.ask({ name: `${what} of the page, HEAD`, method: 'HEAD', path });
  }
}

const METRICS_STEP: Step = { name: 'metrics', path: '/metrics', bearer: 'metrics' };
const METRICS: readonly Step[] = [
  { name: 'metrics without a token', path: '/metrics' },
  { name: 'metrics with another token', path: '/metrics', headers: { authorization: 'Bearer 0123456789abcdefx' } },
  { name: 'metrics with a session', path: '/metrics', as: 'enterprise' },
  METRICS_STEP,
];

/** Users are counted some seconds after the start, and there are more series from then on. @param step reads the metrics. */
export async function untilCounted(to: Recorder, step: Step): Promise<void> {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    if (/^byok_users(_total)? \d/m.test((await to.peek(step)).body.toString())) return;
    // Each look counts for the limit of an address.
    await wait(1_000);
  }
  throw new Error('the service does not count its users');
}

/** At the end: series come with what was asked for. */
export async function askMetrics(to: Recorder): Promise<void> {
  await untilCounted(to, METRICS_STEP);
  await to.all(METRICS);
}

/** Which routes take what: an address with each method. */
const ADDRESSES: readonly string[] = [
  '/',
  '/healthz',
  '/openapi.json',
  '/auth/login',
  '/auth/callback',
  '/auth/demo',
  '/auth/logout',
  '/auth/backchannel-logout',
  '/auth/me',
  '/auth/sessions',
  '/auth/sessions/none',
  `${API}/keys`,
  `${API}/keys/add`,
  `${API}/keys/openai`,
  `${API}/keys/test/openai`,
  `${API}/keys/last-uses`,
  `${API}/providers`,
  `${API}/stats`,
  `${API}/audit`,
  `${API}/admin/audit`,
  `${API}/admin/audit/verify`,
  `${API}/admin/overview`,
  `${API}/admin/users`,
  `${API}/admin/users/none/keys`,
  `${API}/admin/users/none/keys/openai/revoke`,
  `${API}/internal/keys/resolve`,
  `${API}/internal/users/a@b.c/tier`,
  `${API}/internal/usage`,
  `${API}/internal/users/a@b.c/usage/increment`,
  `${API}/internal/users/a@b.c/usage/reset`,
  '/metrics',
  '/nothing',
  `${API}/nothing`,
  API,
];

/** Unknown methods and addresses, and every route for nobody. */
export async function askEveryAddress(to: Recorder): Promise<void> {
  for (const path of ADDRESSES) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      await to.ask({ name: `${method} ${path} by nobody`, method, path });
  }
  await to.ask({ name: 'a method of WebDAV', method: 'PROPFIND', path: `${API}/keys`, as: 'starter' });
  await to.ask({ name: 'TRACE', method: 'TRACE', path: `${API}/keys` });
}
