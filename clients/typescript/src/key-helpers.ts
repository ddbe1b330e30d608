// The helpers about keys, and when a system key stands in for the user's.
import { ByokClientError, ByokUnavailableError } from './errors.ts';
import type { KeyHelpers, LlmConfig } from './helpers.ts';
import type { ReleasedKeys } from './released-keys.ts';
import type { Environment } from './settings.ts';

/** Provider → variable of its system key, in the order in which they are tried. */
const SYSTEM_KEYS = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  together: 'TOGETHER_API_KEY',
  groq: 'GROQ_API_KEY',
} as const;

export function createKeyHelpers(keys: ReleasedKeys, env: Environment): KeyHelpers {
  const mayFallBack = (email: string, error: unknown): error is ByokClientError =>
    error instanceof ByokUnavailableError ? !keys.disabledLately(email) : isRefusal(error);

  async function ownKey(email: string, provider: string, options?: { readonly useCache?: boolean }) {
    try {
      return await keys.release(email, { provider }, options);
    } catch (error) {
      if (isRefusal(error)) return null;
      throw error;
    }
  }

  async function keyOrDefault(email: string, provider: string, envVar: string): Promise<string> {
    try {
      return (await keys.release(email, { provider })).apiKey;
    } catch (error) {
      if (!mayFallBack(email, error)) throw error;
      return env[envVar] || fail(error, `${envVar} is not set either.`);
    }
  }

  async function llmConfig(email: string, preferred: string): Promise<LlmConfig> {
    try {
      const { apiKey, provider, endpoint, isByok } = await keys.release(email, { preferred });
      return { apiKey, provider, endpoint, isByok };
    } catch (error) {
      if (!mayFallBack(email, error)) throw error;
      for (const [provider, name] of Object.entries(SYSTEM_KEYS)) {
        const apiKey = env[name];
        if (apiKey) return { apiKey, provider, endpoint: null, isByok: false };
      }
      return fail(error, `None of ${Object.values(SYSTEM_KEYS).join(', ')} is set either.`);
    }
  }

  return {
    getUserApiKey: async (email, provider, options) => (await ownKey(email, provider, options))?.apiKey ?? null,
    getUserApiKeyOrDefault: keyOrDefault,
    getUserCustomEndpoint: async (email, provider) => (await ownKey(email, provider))?.endpoint ?? null,
    clearUserKeyCache: keys.clear,
    getOpenaiKeyForUser: (email) => keyOrDefault(email, 'openai', 'OPENAI_API_KEY'),
    getAnthropicKeyForUser: (email) => keyOrDefault(email, 'anthropic', 'ANTHROPIC_API_KEY'),
    getHuggingfaceTokenForUser: (email) => keyOrDefault(email, 'huggingface', 'HUGGINGFACE_TOKEN'),
    getLlmConfigForUser: (email, preferred = 'openai') => llmConfig(email, preferred),
  };
}

/** There is no key to use. A disabled account is another matter: nothing may stand in for that answer. */
function isRefusal(error: unknown): error is ByokClientError {
  return error instanceof ByokClientError && error.code === 'key_not_released' && error.reason !== 'user_disabled';
}

function fail(error: ByokClientError, more: string): never {
  const Kind = error instanceof ByokUnavailableError ? ByokUnavailableError : ByokClientError;
  throw new Kind(`${error.message} ${more}`, error);
}
