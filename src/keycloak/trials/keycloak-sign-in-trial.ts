// Begins a sign-in as anybody can, without a person and without a password, and looks where Keycloak would send the
// browser: for `byok doctor`. With `prompt=none` no page is made, and nobody is signed in.
import { randomBytes } from 'node:crypto';
import { type Dispatcher, request } from 'undici';
import { createDiscovery } from '../keycloak-discovery.ts';
import { createKeycloakFetch } from '../keycloak-fetch.ts';
import { realmAddress } from '../realm-address.ts';

interface TrialOptions {
  readonly url: string;
  readonly publicUrl: string;
  readonly realm: string;
  readonly clientId: string;
  /** The public address of our callback. */
  readonly redirectUri: string;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
}

export interface SignInTrial {
  /** `unknown`: something answered from which nothing follows. */
  readonly outcome: 'works' | 'refused' | 'unknown';
  /** What is so, and where it is wrong, what to do. */
  readonly message: string;
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly text: string;
}

type Sentence = (options: TrialOptions) => string;

const REDIRECT: Sentence = ({ clientId, redirectUri }) =>
  `sign-in cannot return to ${redirectUri}: the client ${clientId} does not list it. Add it under Clients → ${clientId} → Settings → Valid redirect URIs, or correct PUBLIC_URL and BASE_PATH, which it is made of.`;
/** What Keycloak's error page says, in English, which is asked for. */
const PAGES: readonly (readonly [words: RegExp, sentence: Sentence])[] = [
  [/Invalid parameter: redirect_uri/i, REDIRECT],
  [
    /Client not found/i,
    ({ realm, clientId }) =>
      `nobody can sign in: the realm ${realm} has no client ${clientId}. Check KEYCLOAK_CLIENT_ID and KEYCLOAK_REALM.`,
  ],
  [
    /Client disabled/i,
    ({ clientId }) =>
      `nobody can sign in: the client ${clientId} is disabled. Under Clients → ${clientId} → Settings: switch Enabled on.`,
  ],
  [
    /Bearer-only/i,
    ({ clientId }) =>
      `nobody can sign in: the client ${clientId} is bearer-only. Set KEYCLOAK_CLIENT_ID to one that \`byok keycloak setup\` has made.`,
  ],
];
/** Keycloak knows the client and the address, and would have to ask the person something. */
const ASKS_THE_PERSON: ReadonlySet<string> = new Set([
  ...['login_required', 'interaction_required', 'consent_required', 'account_selection_required'],
]);

/** @throws ByokError `directory_unavailable`, `directory_misconfigured` where the realm cannot be read. */
export async function trySignIn(options: TrialOptions): Promise<SignInTrial> {
  const { url, publicUrl, dispatcher, timeoutMs } = options;
  const { authorization } = await createDiscovery({ ...options, fetch: createKeycloakFetch(options) })();
  // By the way of this service: that of browsers may not be open to it.
  const address = `${url}${authorization.slice(publicUrl.length)}?${parameters(options)}`;
  const { statusCode, headers, body } = await request(address, {
    dispatcher,
    signal: AbortSignal.timeout(timeoutMs),
  });
  return judge({ status: statusCode, location: [headers.location].flat()[0], text: await body.text() }, options);
}

const parameters = ({ clientId, redirectUri }: TrialOptions): URLSearchParams =>
  new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: 'openid email profile',
    state: randomBytes(12).toString('base64url'),
    nonce: randomBytes(12).toString('base64url'),
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
    prompt: 'none',
    ui_locales: 'en',
  });

function judge({ status, location, text }: Answer, options: TrialOptions): SignInTrial {
  const { clientId, redirectUri, url, publicUrl, realm } = options;
  // On to a page of its own or to an identity provider: by then it has taken client and address.
  if ([url, publicUrl].some((base) => location?.startsWith(`${realmAddress(base, realm)}/`))) return works(redirectUri);
  if (location?.startsWith(redirectUri)) {
    const error = new URL(location).searchParams.get('error') ?? '';
    if (error === '' || ASKS_THE_PERSON.has(error)) return works(redirectUri);
    if (error === 'unauthorized_client')
      return refused(
        `nobody can sign in through the client ${clientId}: Standard flow is off. Under Clients → ${clientId} → Settings → Capability config: tick Standard flow.`,
      );
    return refused(
      `nobody can sign in through the client ${clientId}: Keycloak sends people back with ${error.replace(/[^\w-]/g, '').slice(0, 40)}. Look at Clients → ${clientId} → Settings and Advanced.`,
    );
  }
  const page = status >= 400 && status < 404 ? PAGES.find(([words]) => words.test(text)) : undefined;
  if (page !== undefined) return refused(page[1](options));
  return {
    outcome: 'unknown',
    message: `whether people can sign in could not be tried: what KEYCLOAK_URL leads to answered ${status} to a sign-in that returns to ${redirectUri}. Try it in a browser; that address has to be among the Valid redirect URIs of the client ${clientId}.`,
  };
}

const works = (redirectUri: string): SignInTrial => ({
  outcome: 'works',
  message: `sign-in may return to ${redirectUri}`,
});
const refused = (message: string): SignInTrial => ({ outcome: 'refused', message });
