// As much of a browser as signing in needs: cookies, redirects followed one by one, and Keycloak's login form.
import { request } from 'undici';

export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Every address asked for on the way, this one last. */
  readonly trail: readonly string[];
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

interface Visit {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default true. */
  readonly follow?: boolean;
}

const MAX_REDIRECTS = 10;

export type Browser = ReturnType<typeof createBrowser>;

/** A fresh browser without cookies. Like a real one it shares cookies between the ports of a host. */
export function createBrowser() {
  const jar = new Map<string, Map<string, Cookie>>();
  const cookiesOf = (host: string): Map<string, Cookie> => {
    const cookies = jar.get(host) ?? new Map<string, Cookie>();
    jar.set(host, cookies);
    return cookies;
  };

  const visit = async (url: string, options: Visit = {}, trail: readonly string[] = []): Promise<Answer> => {
    const { method = options.form === undefined ? 'GET' : 'POST', form, headers, follow = true } = options;
    const { hostname, pathname } = new URL(url);
    const cookie = cookieHeader(cookiesOf(hostname), pathname);
    const answer = await request(url, {
      method,
      headers: {
        accept: 'text/html,application/xhtml+xml',
        ...(cookie === '' ? {} : { cookie }),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
      body: form === undefined ? null : new URLSearchParams(form).toString(),
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) storeCookie(cookiesOf(hostname), line);
    const body = await answer.body.text();
    const steps = [...trail, url];
    const { location } = answer.headers;
    if (!follow || typeof location !== 'string' || answer.statusCode < 300 || answer.statusCode > 399) {
      return { url, status: answer.statusCode, headers: answer.headers, body, trail: steps };
    }
    if (steps.length > MAX_REDIRECTS) throw new Error(`Too many redirects:\n${steps.join('\n')}`);
    return visit(new URL(location, url).href, { headers: headers ?? {} }, steps);
  };

  return {
    visit,
    /** Fills in the form of the page that `visit` came to. */
    submitLogin: (
      page: Answer,
      username: string,
      password: string,
      options: Pick<Visit, 'follow'> = {},
    ): Promise<Answer> => {
      const action = /<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"/.exec(page.body)?.[1];
      if (action === undefined)
        throw new Error(`No login form at ${page.url} (${page.status}):\n${page.body.slice(0, 2000)}`);
      return visit(action.replaceAll('&#39;', "'").replaceAll('&amp;', '&'), {
        ...options,
        form: { username, password, credentialId: '' },
      });
    },
    /** What it would send there. */
    cookieHeader: (url: string): string => cookieHeader(cookiesOf(new URL(url).hostname), new URL(url).pathname),
    cookie: (host: string, name: string): string | undefined => cookiesOf(host).get(name)?.value,
    setCookie: (host: string, name: string, value: string): void => {
      cookiesOf(host).set(name, { value, path: '/' });
    },
  };
}

function cookieHeader(cookies: Map<string, Cookie>, pathname: string): string {
  const matching = [...cookies].filter(
    ([, { path }]) => pathname === path || pathname.startsWith(path.replace(/\/?$/, '/')),
  );
  return matching.map(([name, { value }]) => `${name}=${value}`).join('; ');
}

function storeCookie(cookies: Map<string, Cookie>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const [name = ''] = pair.split('=', 1);
  const attribute = (wanted: string): string | undefined =>
    attributes.find((part) => part.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
  if (attribute('max-age') === '0') cookies.delete(name);
  else cookies.set(name, { value: pair.slice(name.length + 1), path: attribute('path') ?? '/' });
}
