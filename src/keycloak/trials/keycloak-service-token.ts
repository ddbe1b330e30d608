// What the service account's own token shows of the client's settings, which nobody but an administrator can look up.
import { decodeJwt } from 'jose';
import { z } from 'zod';
import type { RealmFinding } from '../keycloak-realm-check.ts';

const claims = z.object({
  aud: z.union([z.string(), z.array(z.string())]).default([]),
  resource_access: z.record(z.string(), z.unknown()).default({}),
});

/** @param token of a service account that Keycloak has just given. */
export function judgeServiceToken(token: string, clientId: string): RealmFinding[] {
  const { aud, resource_access: roles } = claims.parse(decodeJwt(token));
  return [
    ...(Object.hasOwn(roles, 'realm-management')
      ? []
      : [
          warn(
            `Its tokens carry no roles of realm-management. Where the service account has some, switch Full scope allowed on under Clients → ${clientId} → Client scopes → ${clientId}-dedicated → Scope, and let "roles" be a default client scope.`,
          ),
        ]),
    ...([aud].flat().includes(clientId)
      ? []
      : [
          warn(
            `Access tokens of the client ${clientId} do not name ${clientId} as their audience, and so do not count here. Client scopes → ${clientId}-dedicated → Add mapper → By configuration → Audience: include ${clientId} in access tokens, or run \`byok keycloak setup\`.`,
          ),
        ]),
  ];
}

const warn = (message: string): RealmFinding => ({ severity: 'warn', message });
