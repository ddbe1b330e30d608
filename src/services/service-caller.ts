// Programs that call: never a person, and allowed only what they were given.
import { newToken } from '../crypto/secret-token.ts';
import { ByokError } from '../shared/errors.ts';
import { SERVICE_SCOPES, type ServiceScope } from '../shared/service-scopes.ts';

export interface ServiceCaller {
  readonly kind: 'service';
  /** Client id at the identity provider, or `token:NAME` for a service token. */
  readonly id: string;
  readonly scopes: ReadonlySet<ServiceScope>;
  /** Providers that it may name; undefined: all. */
  readonly providers: ReadonlySet<string> | undefined;
}

/** Client role at the identity provider → what it allows. */
export const SCOPE_OF_ROLE: ReadonlyMap<string, ServiceScope> = new Map(
  SERVICE_SCOPES.map((scope) => [`byok-${scope}`, scope]),
);

const SERVICE_TOKEN = /^byok_st_[A-Za-z0-9_-]{43}$/;

/** @returns `byok_st_` and 32 random bytes, base64url. Whoever holds it is the service. */
export const newServiceToken = (): string => `byok_st_${newToken()}`;

export const isServiceToken = (text: string): boolean => SERVICE_TOKEN.test(text);

export const mayUse = ({ providers }: ServiceCaller, provider: string): boolean =>
  providers === undefined || providers.has(provider);

/** @throws ByokError `scope_required`. */
export function requireScope({ id, scopes }: ServiceCaller, scope: ServiceScope): void {
  if (!scopes.has(scope)) throw scopeRequired(`${id} lacks the scope ${scope}`);
}

export const scopeRequired = (reason: string): ByokError => new ByokError('scope_required', { reason });
