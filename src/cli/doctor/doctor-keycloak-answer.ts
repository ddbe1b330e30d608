// Asks a Keycloak who it is.
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import type { KeycloakConfig } from '../../config/config.ts';
import { realmAddress } from '../../keycloak/realm-address.ts';

const discovery = z.object({ issuer: z.string() });

/** @throws Error whose message completes "cannot be used: …". */
export async function askKeycloak(
  { url, realm, timeoutMs }: KeycloakConfig,
  dispatcher: Dispatcher,
): Promise<{ issuer: string }> {
  const { statusCode, body } = await request(`${realmAddress(url, realm)}/.well-known/openid-configuration`, {
    dispatcher,
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await body.text();
  if (statusCode === 404) throw new Error(`it has no realm ${realm}`);
  const answer = discovery.safeParse(parsed(text));
  if (statusCode !== 200 || !answer.success)
    throw new Error(`it answers ${statusCode} with something that is not Keycloak's`);
  return answer.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
