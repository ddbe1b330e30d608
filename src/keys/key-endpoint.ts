// The endpoint that a key is stored or tested with.
import { keyPlace } from '../crypto/key-place.ts';
import type { KeyVault } from '../crypto/key-vault.ts';
import type { EndpointCheck } from '../providers/endpoint-policy.ts';
import type { Provider } from '../providers/provider-table.ts';
import { ByokError } from '../shared/errors.ts';
import type { KeyRecord } from '../users/key-record.ts';

/** The endpoint in its normal form, or all that is wrong with it. */
export type CheckEndpoint = (text: string) => EndpointCheck;

export interface EndpointChoice {
  /** @throws ByokError `endpoint_refused`; `validation_failed` where the provider needs one. */
  wanted(provider: Provider, endpoint: string | undefined): string | undefined;
  /** The stored endpoint, for a new key: only where it was saved with the stored key. Anybody may have put it there otherwise. */
  inherited(userId: string, stored: KeyRecord): string | undefined;
}

interface EndpointChoiceOptions {
  readonly vault: Pick<KeyVault, 'open'>;
  readonly checkEndpoint: CheckEndpoint;
}

export function createEndpointChoice({ vault, checkEndpoint }: EndpointChoiceOptions): EndpointChoice {
  return {
    wanted(provider, endpoint) {
      if (endpoint === undefined) {
        if (provider.endpoint === 'required')
          throw invalidEndpoint(`${provider.name} needs an endpoint, such as https://llm.example.com/v1.`);
        return undefined;
      }
      const checked = checkEndpoint(endpoint);
      if (checked.ok) return checked.url;
      const errors = checked.reasons.map((message) => ({ path: 'endpoint', message }));
      throw new ByokError('endpoint_refused', { detail: checked.reason, extras: { errors } });
    },
    inherited(userId, stored) {
      const place = keyPlace({ kind: 'user', id: userId }, stored);
      if (stored.endpoint === undefined || vault.open(place, stored).state === 'usable') return stored.endpoint;
      throw invalidEndpoint(
        'The stored endpoint is not known to be yours: send the endpoint together with the key, or add the key again.',
      );
    },
  };
}

export const invalidEndpoint = (message: string): ByokError =>
  new ByokError('validation_failed', { detail: message, extras: { errors: [{ path: 'endpoint', message }] } });
