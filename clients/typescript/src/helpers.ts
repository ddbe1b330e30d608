// The helpers, under the names that services know. This file alone says what others may rely on, and needs no other types.

export interface LlmConfig {
  readonly apiKey: string;
  readonly provider: string;
  /** Where the key is for, if not the provider's own address. Always null with a system key of this process. */
  readonly endpoint: string | null;
  readonly isByok: boolean;
}

/** A key and where it may be sent: one decision. */
export interface KeyAndEndpoint extends LlmConfig {
  /** Whose key it is: `user`, or `system`. */
  readonly source: string;
  /** Of the user's key; null for a system key. */
  readonly version: number | null;
  /** The user's id, where the service says it. */
  readonly userId: string | null;
  /**
   * Whether the endpoint's host was found to lead to permitted addresses only; null without an endpoint, or where the service
   * does not say. A hint: check the address again when you connect.
   */
  readonly endpointChecked: boolean | null;
}

export interface KeyHelpers {
  /**
   * The user's key for this provider with the endpoint that it is for, else the system's key from `envVar`, also when the service
   * cannot be reached; left out, the provider's usual variable. Else rejects. What it answers belongs together, whatever changes.
   */
  getKeyAndEndpointForUser(email: string, provider: string, envVar?: string): Promise<KeyAndEndpoint>;
  /**
   * The user's key, or null where there is none to use. `useCache: false` asks the service again, after a provider refused a key
   * for example. Rejects where the account is disabled or its address cannot be relied on, so that no system key takes its place,
   * and with `pair_withheld` where `getUserCustomEndpoint` has given an endpoint that is not for this key.
   */
  getUserApiKey(email: string, provider: string, options?: { readonly useCache?: boolean }): Promise<string | null>;
  /**
   * The user's key, else what the environment has under `envVar`, also when the service cannot be reached. Else rejects, as it
   * does where the account is unknown, deleted or disabled, and with `pair_withheld`.
   */
  getUserApiKeyOrDefault(email: string, provider: string, envVar: string): Promise<string>;
  /**
   * The address that the user's key of this provider is for; null where it is the provider's own, or there is no key. Rejects with
   * `pair_withheld` where the key that was given is another one. Better: `getKeyAndEndpointForUser`.
   */
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
