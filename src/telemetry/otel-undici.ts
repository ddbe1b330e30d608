// A span for each HTTP call of a request, from what undici publishes of it. No header, query string or address of a
// person's own endpoint is in it.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { PROVIDERS } from '../providers/provider-table.ts';

interface Options {
  readonly tracer: Tracer;
  /** The request in whose course a call is made. */
  readonly parent: () => Span | undefined;
  readonly keycloakUrl: string | undefined;
}

/** The part of https://undici.nodejs.org/#/docs/api/DiagnosticsChannel that is used. */
interface Published {
  readonly request: {
    readonly method: string;
    readonly origin: string | URL;
    readonly path: string;
  };
  readonly response?: { readonly statusCode: number };
}

/** @returns the function that ends it. */
export function traceUndici({ tracer, parent, keycloakUrl }: Options): () => void {
  const spans = new WeakMap<object, Span>();
  const keycloak = keycloakUrl === undefined ? undefined : new URL(keycloakUrl);
  const nameOf = createNaming(keycloak);

  const created = (message: unknown): void => {
    const { request } = message as Published;
    const above = parent();
    if (above === undefined) return;
    const { method } = request;
    const { host, template } = nameOf(request);
    const attributes = {
      'http.request.method': method,
      'server.address': host,
      ...(template === undefined ? {} : { 'url.template': template }),
    };
    const options = { kind: SpanKind.CLIENT, attributes };
    const span = tracer.startSpan(`${method} ${template ?? host}`, options, trace.setSpan(ROOT_CONTEXT, above));
    spans.set(request, span);
  };
  const answered = (message: unknown): void => {
    const { request, response } = message as Published;
    const status = response?.statusCode ?? 0;
    if (status < 200) return;
    const span = spans.get(request);
    span?.setAttribute('http.response.status_code', status);
    if (status >= 400) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    spans.delete(request);
  };
  const failed = (message: unknown): void => {
    const { request } = message as Published;
    const span = spans.get(request);
    span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    spans.delete(request);
  };

  const subscriptions = [
    ['undici:request:create', created],
    ['undici:request:headers', answered],
    ['undici:request:error', failed],
  ] as const;
  for (const [channel, listener] of subscriptions) subscribe(channel, listener);
  return () => {
    for (const [channel, listener] of subscriptions) unsubscribe(channel, listener);
  };
}

/** Hosts that are named: Keycloak and the providers. Where people's own endpoints are is nobody else's business. */
function createNaming(keycloak: URL | undefined) {
  const hosts = new Set(
    [...PROVIDERS.values()].flatMap(({ api: { url } }) => (url === null ? [] : [new URL(url).hostname])),
  );
  return ({ origin, path }: Published['request']): { host: string; template?: string } => {
    const url = URL.parse(String(origin));
    if (url === null) return { host: 'elsewhere' };
    if (url.origin === keycloak?.origin) return { host: url.hostname, template: templateOf(path) };
    return { host: hosts.has(url.hostname) ? url.hostname : 'elsewhere' };
  };
}

/** The path without its query, and without whose it is: ids of federated users have their names in them. */
const templateOf = (path: string): string =>
  (path.split('?')[0] ?? '').replace(/\/$/, '').replace(/\/users\/(?!count$|profile$)[^/]+/, '/users/{id}');
