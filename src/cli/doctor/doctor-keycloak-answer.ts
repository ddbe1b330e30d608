// Asks a Keycloak who it is.
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { KeycloakConfig } from '../../config/config.ts';
import { createAddressAdvice } from '../../keycloak/keycloak-address.ts';
import { createKeycloakFetch } from '../../keycloak/keycloak-fetch.ts';
import { adviceOnRefusal } from '../../keycloak/keycloak-refusal-advice.ts';
import { realmAddress } from '../../keycloak/realm-address.ts';
import { problemOf } from './doctor-findings.ts';

const discovery = z.object({ issuer: z.string() });
const refusal = z.object({ error: z.string(), error_description: z.string().default('') });

function refusalWords(body: unknown): string {
  const { error, error_description: description } = refusal.safeParse(body).data ?? {};
  return `${error}: ${description}`;
}

/** @throws Error whose message completes "cannot be used: …", with what to do. */
export async function askKeycloak(keycloak: KeycloakConfig, dispatcher: Dispatcher): Promise<{ issuer: string }> {
  const { url, realm } = keycloak;
  const fetch = createKeycloakFetch({
    ...keycloak,
    dispatcher,
    advise: createAddressAdvice({ url, realm, dispatcher }),
  });
  const response = await fetch(`${realmAddress(url, realm)}/.well-known/openid-configuration`, { method: 'GET' }).catch(
    (error: unknown) => {
      const reason = problemOf(error);
      throw new Error(
        /KEYCLOAK_/.test(reason) ? `${reason}.` : `${reason}. Check KEYCLOAK_URL, and that Keycloak runs.`,
      );
    },
  );
  const body: unknown = await response.json();
  // A refusal in the words of OAuth: anything else is not Keycloak's own, and was refused as such.
  if (response.status !== 200) throw new Error(adviceOnRefusal(refusalWords(body), keycloak));
  const answer = discovery.safeParse(body);
  if (!answer.success) throw new Error('it answers with something that is not Keycloak’s. Check KEYCLOAK_URL.');
  return answer.data;
}
