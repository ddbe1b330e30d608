// A client of the key service, with everything it holds inside closures: printing it shows neither keys nor tokens.
import { createAccessToken } from './access-token.ts';
import type { KeyHelpers, UsageHelpers } from './helpers.ts';
import { createKeyHelpers } from './key-helpers.ts';
import { createReleasedKeys } from './released-keys.ts';
import { createServiceCalls } from './service-calls.ts';
import { type ByokClientOptions, readSettings } from './settings.ts';
import { createUsageHelpers } from './usage-helpers.ts';

export interface ByokClient extends KeyHelpers, UsageHelpers {}

/** Throws `ByokClientError` with the code `not_configured` where neither options nor environment say enough. */
export function createByokClient(options: ByokClientOptions = {}): ByokClient {
  const settings = readSettings(options);
  const send = createServiceCalls(settings, createAccessToken(settings));
  const keys = createReleasedKeys(send, settings.maxCachedKeys);
  return { ...createKeyHelpers(keys, settings.env, settings.maxCachedKeys), ...createUsageHelpers(send) };
}
