// The helpers, under the names that services know. This file alone says what others may rely on, and needs no other types.

export interface LlmConfig {
  readonly apiKey: string;
  readonly provider: string;
  /** Where the key is for, if not the provider's own address. Always null with a system key of this process. */
  readonly endpoint: string | null;
  readonly isByok: boolean;
}

export interface KeyHelpers {
  /**
   * The user's key, or null where there is none to use. `useCache: false` asks the service anew, after a provider refused a key
   * for example. Rejects where the account is disabled, so that no system key takes the place of that answer.
   */
  getUserApiKey(email: string, provider: string, options?: { readonly useCache?: boolean }): Promise<string | null>;
  /** The user's key, else what the environment has under `envVar`, also when the service cannot be reached. Else rejects. */
  getUserApiKeyOrDefault(email: string, provider: string, envVar: string): Promise<string>;
  /** The address that the user's key of this provider is for; null where it is the provider's own, or there is no key. */
  getUserCustomEndpoint(email: string, provider: string): Promise<string | null>;
  /** Forgets keys: all, a user's, or a user's for one provider. An answer under way is not kept either. */
  clearUserKeyCache(email?: string, provider?: string): void;
  /** Else `OPENAI_API_KEY`. */
  getOpenaiKeyForUser(email: string): Promise<string>;
  /** Else `ANTHROPIC_API_KEY`. */
  getAnthropicKeyForUser(email: string): Promise<string>;
  /** Else `HUGGINGFACE_TOKEN`. */
  getHuggingfaceTokenForUser(email: string): Promise<string>;
  /**
   * The user's key of the preferred provider (default `openai`), else the user's for openai, anthropic, together or groq; else a
   * system key of the service; else one of this process, in the same order. Else rejects.
   */
  getLlmConfigForUser(email: string, preferred?: string): Promise<LlmConfig>;
}

export interface UsageCount {
  readonly apiCallsUsed: number;
  /** Null where there is none. */
  readonly apiCallsLimit: number | null;
  /** Null where there is no limit. */
  readonly remaining: number | null;
  /** `2026-11-30`: the day that is counted. */
  readonly apiCallsResetDate: string | null;
}

export interface TierInfo extends Omit<UsageCount, 'remaining'> {
  readonly email: string;
  readonly tier: string;
  readonly status: string | null;
  /** What counts: a cancelled subscription counts as `trial`. */
  readonly effectiveTier: string;
}

export interface UsageHelpers {
  /** Writes down what a call to a provider cost. Repeated by itself where that is needed, and counted once. */
  recordApiUsage(email: string, provider: string, tokensUsed: number, costUsd?: number | string): Promise<void>;
  getTierInfo(email: string): Promise<TierInfo>;
  setTier(email: string, tier: string, status?: string): Promise<TierInfo>;
  /** Counts calls of the user; a new day begins at 0. Never repeated by itself. */
  incrementUsage(email: string, amount?: number): Promise<UsageCount>;
  resetUsage(email: string): Promise<UsageCount>;
}
