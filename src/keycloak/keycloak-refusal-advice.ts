// What to do where Keycloak gives this service no token, by the words with which it refuses (measured on 26.7).

export interface Asked {
  readonly realm: string;
  readonly clientId: string;
}

type Row = readonly [words: RegExp, advice: (asked: Asked) => string];

/** The first that fits. One word stands for several faults: then the likeliest comes first. */
const ROWS: readonly Row[] = [
  [/Realm does not exist/, ({ realm }) => `Keycloak has no realm ${realm}. Check KEYCLOAK_REALM.`],
  [
    /Realm not enabled/,
    ({ realm }) =>
      `The realm ${realm} is disabled: switch Enabled on at the top of its Realm settings, or check KEYCLOAK_REALM.`,
  ],
  [
    /HTTPS required/,
    () =>
      'The realm wants HTTPS: let KEYCLOAK_URL begin with https, or set Realm settings → General → Require SSL to External requests.',
  ],
  [
    /Bearer-only/i,
    ({ clientId }) =>
      `The client ${clientId} is bearer-only, and such a client gets no tokens: set KEYCLOAK_CLIENT_ID to one that \`byok keycloak setup\` has made.`,
  ],
  [
    /Public client/i,
    ({ clientId }) =>
      `The client ${clientId} is public: switch Client authentication on and tick Service accounts roles under Settings → Capability config, then set KEYCLOAK_CLIENT_SECRET.`,
  ],
  [
    /Client not enabled to retrieve service account/i,
    ({ clientId }) =>
      `The client ${clientId} has no service account: tick Service accounts roles under Settings → Capability config, then run \`byok keycloak setup\`.`,
  ],
  [
    /invalid_grant/,
    () =>
      'The service account was refused, and so was the admin: check KEYCLOAK_CLIENT_SECRET, KEYCLOAK_ADMIN_USERNAME and KEYCLOAK_ADMIN_PASSWORD.',
  ],
  [
    /unauthorized_client/,
    ({ clientId }) =>
      `KEYCLOAK_CLIENT_SECRET is not the secret of the client ${clientId}, which stands under Clients → ${clientId} → Credentials.`,
  ],
  [
    /invalid_client/,
    ({ realm, clientId }) =>
      `Either the realm ${realm} has no client ${clientId}, or it is disabled, or its secret is another one. Check KEYCLOAK_CLIENT_ID and KEYCLOAK_REALM, then KEYCLOAK_CLIENT_SECRET, which stands under Clients → ${clientId} → Credentials.`,
  ],
];

/** @param what the words of the refusal. */
export const adviceOnRefusal = (what: string, asked: Asked): string =>
  ROWS.find(([words]) => words.test(what))?.[1](asked) ??
  'Check KEYCLOAK_REALM, KEYCLOAK_CLIENT_ID and KEYCLOAK_CLIENT_SECRET, and that it is Keycloak that answers at KEYCLOAK_URL, and no gateway in front of it.';
