// Where a call to a provider goes and what it carries, no matter who makes it: a key goes to its provider's own API or to the
// endpoint that was saved with it, and nowhere else.
import { checkEndpoint, type EndpointRules } from './endpoint-policy.ts';
import type { Provider, ProviderApi } from './provider-table.ts';

export interface CallRules extends EndpointRules {
  /** Provider id → API URL in place of the table's. The operator's word: its host may be private. */
  readonly apiUrls: ReadonlyMap<string, string>;
}

export interface CallTarget {
  /** URL without a slash at the end. */
  readonly base: string;
  /** The provider's own API, or a host that a user chose: that one may answer anyone, and must be public. */
  readonly host: 'provider' | 'endpoint';
  readonly api: ProviderApi;
}

export type CallTargetResult =
  | { readonly ok: true; readonly target: CallTarget }
  | { readonly ok: false; readonly problem: 'no_endpoint' }
  /** `reason` is a sentence for the person. */
  | { readonly ok: false; readonly problem: 'endpoint_refused'; readonly reason: string };

export interface ProviderRequest {
  readonly url: string;
  /** The credential, and what the API asks of every request. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @param endpoint the one saved with the key. Opens no connection. */
export function findCallTarget(provider: Provider, endpoint: string | undefined, rules: CallRules): CallTargetResult {
  const { api } = provider;
  const own = withoutSlash(rules.apiUrls.get(provider.id) ?? api.url ?? undefined);
  if (own !== undefined && (endpoint === undefined || withoutSlash(endpoint) === own))
    return { ok: true, target: { base: own, host: 'provider', api } };
  if (endpoint === undefined) return { ok: false, problem: 'no_endpoint' };
  const check = checkEndpoint(endpoint, rules);
  if (!check.ok) return { ok: false, problem: 'endpoint_refused', reason: check.reason };
  return { ok: true, target: { base: check.url, host: 'endpoint', api } };
}

/** @param path below the target's base, with the slash that it begins with. */
export function providerRequest({ base, api }: CallTarget, path: string, key: string): ProviderRequest {
  const credential = api.credential === 'bearer' ? { authorization: `Bearer ${key}` } : { 'x-api-key': key };
  return { url: `${base}${path}`, headers: { ...credential, ...api.headers } };
}

const withoutSlash = (url: string | undefined): string | undefined => url?.replace(/\/+$/, '');
