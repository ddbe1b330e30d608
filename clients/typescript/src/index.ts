// What the package offers: a client to make, and each helper as a function of one client configured by the environment.
import { type ByokClient, createByokClient } from './client.ts';

export { type ByokClient, createByokClient } from './client.ts';
export { ByokClientError, ByokUnavailableError, type ErrorFacts } from './errors.ts';
export type { KeyAndEndpoint, LlmConfig, TierInfo, UsageCount } from './helpers.ts';
export type { ByokClientOptions } from './settings.ts';

let defaultClient: ByokClient | undefined;

// Made by the first call, so that importing the package needs no configuration.
const client = (): ByokClient => {
  defaultClient ??= createByokClient();
  return defaultClient;
};

export const getUserApiKey: ByokClient['getUserApiKey'] = async (...args) => client().getUserApiKey(...args);
export const getUserApiKeyOrDefault: ByokClient['getUserApiKeyOrDefault'] = async (...args) =>
  client().getUserApiKeyOrDefault(...args);
export const getKeyAndEndpointForUser: ByokClient['getKeyAndEndpointForUser'] = async (...args) =>
  client().getKeyAndEndpointForUser(...args);
export const getUserCustomEndpoint: ByokClient['getUserCustomEndpoint'] = async (...args) =>
  client().getUserCustomEndpoint(...args);
/** Does nothing before the first call: there is no cache yet. */
export const clearUserKeyCache: ByokClient['clearUserKeyCache'] = (...args) =>
  defaultClient?.clearUserKeyCache(...args);
export const getOpenaiKeyForUser: ByokClient['getOpenaiKeyForUser'] = async (...args) =>
  client().getOpenaiKeyForUser(...args);
export const getAnthropicKeyForUser: ByokClient['getAnthropicKeyForUser'] = async (...args) =>
  client().getAnthropicKeyForUser(...args);
export const getHuggingfaceTokenForUser: ByokClient['getHuggingfaceTokenForUser'] = async (...args) =>
  client().getHuggingfaceTokenForUser(...args);
export const getLlmConfigForUser: ByokClient['getLlmConfigForUser'] = async (...args) =>
  client().getLlmConfigForUser(...args);
export const recordApiUsage: ByokClient['recordApiUsage'] = async (...args) => client().recordApiUsage(...args);
export const getTierInfo: ByokClient['getTierInfo'] = async (...args) => client().getTierInfo(...args);
export const setTier: ByokClient['setTier'] = async (...args) => client().setTier(...args);
export const incrementUsage: ByokClient['incrementUsage'] = async (...args) => client().incrementUsage(...args);
export const resetUsage: ByokClient['resetUsage'] = async (...args) => client().resetUsage(...args);
