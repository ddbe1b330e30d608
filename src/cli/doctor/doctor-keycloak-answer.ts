// Asks a Keycloak who it is.
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { KeycloakConfig } from '../../config/config.ts';
import { createAddressAdvice } from '../../keycloak/keycloak-address.ts';
import { createKeycloakFetch } from '../../keycloak/keycloak-fetch.ts';
import { realmAddress } from '../../keycloak/realm-address.ts';

const discovery = z.object({ issuer: z.string() });

/** @throws Error whose message completes "cannot be used: …". */
export async function askKeycloak(keycloak: KeycloakConfig, dispatcher: Dispatcher): Promise<{ issuer: string }> {
  const { url, realm } = keycloak;
  const fetch = createKeycloakFetch({
    ...keycloak,
    dispatcher,
    advise: createAddressAdvice({ url, realm, dispatcher }),
  });
  const response = await fetch(`${realmAddress(url, realm)}/.well-known/openid-configuration`, { method: 'GET' });
  // Any other 404 is not Keycloak's own, and was refused as such.
  if (response.status === 404) throw new Error(`it has no realm ${realm}`);
  const answer = discovery.safeParse(await response.json());
  if (response.status !== 200 || !answer.success)
    throw new Error(`it answers ${response.status} with something that is not Keycloak's`);
  return answer.data;
}
