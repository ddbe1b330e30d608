// A key as the service released it.
import { ByokClientError } from './errors.ts';

export interface ReleasedKey {
  readonly apiKey: string;
  readonly provider: string;
  readonly endpoint: string | null;
  readonly endpointChecked: boolean | null;
  /** True for the user's own key, false for a system key. */
  readonly isByok: boolean;
  readonly source: string;
  readonly version: number | null;
  /** Undefined where an older service does not say. */
  readonly userId: string | undefined;
  readonly maxAgeSeconds: number;
}

/** Throws `unexpected_answer` where the answer is not as agreed. */
export function readReleasedKey(answer: Readonly<Record<string, unknown>>): ReleasedKey {
  const { api_key: apiKey, provider, endpoint = null, is_byok: isByok, max_age_seconds: maxAgeSeconds } = answer;
  const { source, version, user_id: userId, endpoint_checked: checked } = answer;
  if (
    typeof apiKey === 'string' &&
    apiKey !== '' &&
    typeof provider === 'string' &&
    (endpoint === null || typeof endpoint === 'string') &&
    typeof isByok === 'boolean' &&
    typeof maxAgeSeconds === 'number'
  ) {
    return {
      apiKey,
      provider,
      endpoint,
      endpointChecked: typeof checked === 'boolean' ? checked : null,
      isByok,
      source: typeof source === 'string' ? source : isByok ? 'user' : 'system',
      version: typeof version === 'number' ? version : null,
      userId: typeof userId === 'string' && userId !== '' ? userId : undefined,
      maxAgeSeconds,
    };
  }
  throw new ByokClientError('The key service released a key in a form that this client does not know.', {
    code: 'unexpected_answer',
    status: 200,
  });
}
