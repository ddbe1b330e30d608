// The helpers about keys. Whether a system key may take the place of the user's is decided in fallback.ts.
import { personOf } from './email-address.ts';
import { ByokClientError, ByokUnavailableError } from './errors.ts';
import { allowsFallback, isRefusal } from './fallback.ts';
import type { KeyAndEndpoint, KeyHelpers, LlmConfig } from './helpers.ts';
import { createPairings, type Destination, type Pairing } from './pairings.ts';
import type { ReleasedKey } from './released-key.ts';
import type { ReleasedKeys } from './released-keys.ts';
import type { Environment } from './settings.ts';

/** Provider → variable of its system key, in the order in which they are tried. */
const SYSTEM_KEYS = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  together: 'TOGETHER_API_KEY',
  groq: 'GROQ_API_KEY',
} as const;
const VARIABLES = { ...SYSTEM_KEYS, huggingface: 'HUGGINGFACE_TOKEN' } as const;

/** Pairs of person and provider that are remembered, for each key that may be kept. */
const PAIRS_FOR_A_KEY = 10;
const OWN_ADDRESS: Destination = { endpoint: null, version: null };

export function createKeyHelpers(keys: ReleasedKeys, env: Environment, most: number): KeyHelpers {
  const pairings = createPairings(most * PAIRS_FOR_A_KEY);
  const begin = (email: string) => pairings.begin(personOf(email) ?? email);

  /** Undefined: the user has none that may be used. Rejects where nothing may take its place. */
  async function ownKey(email: string, provider: string, options?: { readonly useCache?: boolean }) {
    try {
      return await keys.release(email, { provider }, options);
    } catch (error) {
      // As the old helper answered: the caller sees that there is no such key, and gets no other one from here.
      if (isNoKey(error)) return undefined;
      throw error;
    }
  }

  /** The error, where a system key may take the place of the user's. */
  function mayFallBack(email: string, error: unknown): ByokClientError {
    const outage = error instanceof ByokUnavailableError;
    if (!(error instanceof ByokClientError) || !allowsFallback(error)) throw error;
    if (outage && keys.refusedLately(email)) throw error;
    return error;
  }

  /** The user's key and what belongs to it, else the system's. */
  async function keyOrDefault(email: string, provider: string, envVar: string | undefined): Promise<KeyAndEndpoint> {
    try {
      return decisionOf(await keys.release(email, { provider }));
    } catch (error) {
      const problem = mayFallBack(email, error);
      const apiKey = envVar && env[envVar];
      if (!apiKey)
        return fail(problem, envVar ? `${envVar} is not set either.` : 'No variable was named for a system key.');
      const nobodys = { source: 'system', version: null, userId: null, endpointChecked: null };
      return { apiKey, endpoint: null, provider, isByok: false, ...nobodys };
    }
  }

  async function keyAlone(email: string, provider: string, envVar: string): Promise<string> {
    const pairing = begin(email);
    const decision = await keyOrDefault(email, provider, envVar).catch(noKey(pairing, provider));
    pairing.giveKey(provider, decision);
    return decision.apiKey;
  }

  async function both(email: string, provider: string, envVar: string | undefined): Promise<KeyAndEndpoint> {
    const pairing = begin(email);
    const decision = await keyOrDefault(email, provider, envVar).catch(noKey(pairing, provider));
    pairing.giveBoth(provider, decision);
    return decision;
  }

  async function llmConfig(email: string, preferred: string): Promise<LlmConfig> {
    const pairing = begin(email);
    const { version, ...config } = await anyKey(email, preferred).catch(noKey(pairing, preferred));
    pairing.giveBoth(config.provider, { endpoint: config.endpoint, version });
    // A key of another provider is not for the preferred one's endpoint either.
    if (config.provider !== preferred) pairing.giveBoth(preferred, OWN_ADDRESS);
    return config;
  }

  async function anyKey(email: string, preferred: string): Promise<LlmConfig & Pick<Destination, 'version'>> {
    try {
      const { apiKey, provider, endpoint, isByok, version } = await keys.release(email, { preferred });
      return { apiKey, provider, endpoint, isByok, version };
    } catch (error) {
      const problem = mayFallBack(email, error);
      for (const [provider, name] of Object.entries(SYSTEM_KEYS)) {
        const apiKey = env[name];
        if (apiKey) return { apiKey, provider, endpoint: null, isByok: false, version: null };
      }
      return fail(problem, `None of ${Object.values(SYSTEM_KEYS).join(', ')} is set either.`);
    }
  }

  return {
    async getUserApiKey(email, provider, options) {
      const pairing = begin(email);
      const key = await ownKey(email, provider, options).catch(noKey(pairing, provider));
      // Who is told that there is none takes another one, for the provider's own address.
      pairing.giveKey(provider, key ?? OWN_ADDRESS);
      return key?.apiKey ?? null;
    },
    getUserApiKeyOrDefault: keyAlone,
    getKeyAndEndpointForUser: (email, provider, envVar = variableOf(provider)) => both(email, provider, envVar),
    async getUserCustomEndpoint(email, provider) {
      const pairing = begin(email);
      const key = await ownKey(email, provider);
      pairing.giveEndpoint(provider, key ?? OWN_ADDRESS);
      return key?.endpoint ?? null;
    },
    clearUserKeyCache: keys.clear,
    getOpenaiKeyForUser: (email) => keyAlone(email, 'openai', VARIABLES.openai),
    getAnthropicKeyForUser: (email) => keyAlone(email, 'anthropic', VARIABLES.anthropic),
    getHuggingfaceTokenForUser: (email) => keyAlone(email, 'huggingface', VARIABLES.huggingface),
    getLlmConfigForUser: (email, preferred = 'openai') => llmConfig(email, preferred),
  };
}

const variableOf = (provider: string): string | undefined =>
  Object.entries(VARIABLES).find(([id]) => id === provider)?.[1];

const decisionOf = ({ maxAgeSeconds: _, userId, ...key }: ReleasedKey): KeyAndEndpoint => ({
  ...key,
  userId: userId ?? null,
});

/** Remembers that there was no key: who is refused one may take another, for the provider's own address. */
const noKey =
  (pairing: Pairing, provider: string) =>
  (error: unknown): never => {
    if (error instanceof ByokClientError && isRefusal(error)) pairing.giveBoth(provider, OWN_ADDRESS);
    throw error;
  };

const isNoKey = (error: unknown): boolean =>
  error instanceof ByokClientError && isRefusal(error) && (allowsFallback(error) || error.reason === 'user_not_found');

function fail(error: ByokClientError, more: string): never {
  const Kind = error instanceof ByokUnavailableError ? ByokUnavailableError : ByokClientError;
  throw new Kind(`${error.message} ${more}`, error);
}
