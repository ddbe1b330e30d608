// The bearer of every call: a fixed service token, or Keycloak client credentials renewed before they expire and after a 401.
import { ByokClientError, ByokUnavailableError } from './errors.ts';
import { fetchAnswer } from './fetch-answer.ts';
import type { ClientCredentials, Settings } from './settings.ts';

export interface AccessToken {
  get(): Promise<string>;
  /** The service did not accept this one. Answers whether another can be had. */
  refused(token: string): boolean;
}

type Held = { readonly token: string; readonly renewAt: number; readonly expiresAt: number };

/** Renewed with this much left, so that a call under way is not overtaken; half the life of tokens that live shortly. */
const RENEW_BEFORE_MS = 30_000;

export function createAccessToken({ credentials, timeoutMs }: Settings): AccessToken {
  if ('serviceToken' in credentials) {
    return { get: async () => credentials.serviceToken, refused: () => false };
  }
  return createRenewedToken(credentials, timeoutMs);
}

function createRenewedToken(credentials: ClientCredentials, timeoutMs: number): AccessToken {
  let held: Held | undefined;
  let renewal: Promise<string> | undefined;

  async function renew(): Promise<string> {
    try {
      held = await signIn(credentials, timeoutMs);
      return held.token;
    } finally {
      renewal = undefined;
    }
  }

  return {
    async get() {
      const now = performance.now();
      if (held !== undefined && now < held.renewAt) return held.token;
      renewal ??= renew();
      if (held === undefined || now >= held.expiresAt) return renewal;
      // Nobody waits while the token in hand still works, also when Keycloak is away.
      renewal.catch(() => undefined);
      return held.token;
    },
    refused(token) {
      if (held?.token === token) held = undefined;
      return true;
    },
  };
}

async function signIn(credentials: ClientCredentials, timeoutMs: number): Promise<Held> {
  const asked = performance.now();
  const { status, json } = await fetchAnswer(
    credentials.tokenUrl,
    {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: credentials.clientId,
        client_secret: credentials.clientSecret,
      }),
    },
    { signal: AbortSignal.timeout(timeoutMs), whom: 'Keycloak' },
  );
  if (status >= 500 || status === 429) {
    throw new ByokUnavailableError(`Keycloak answered ${status} to the sign-in of this service.`, {
      code: 'unavailable',
      status,
    });
  }
  const { access_token: token, expires_in: seconds } = json;
  if (status !== 200 || typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) {
    throw new ByokClientError(
      `Keycloak did not sign this service in (status ${status}): check BYOK_TOKEN_URL, BYOK_CLIENT_ID and BYOK_CLIENT_SECRET.`,
      { code: 'sign_in_refused', status },
    );
  }
  const life = typeof seconds === 'number' && seconds > 0 ? seconds * 1_000 : 60_000;
  // A token that expires on its way is refused: the last second is not used.
  return { token, renewAt: asked + Math.max(life - RENEW_BEFORE_MS, life / 2), expiresAt: asked + life - 1_000 };
}
