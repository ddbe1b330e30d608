// The access token for Keycloak's admin API: asked for once, shared by all calls, renewed before it expires.
import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { type LiveText, textOf } from '../shared/live-text.ts';
import { CredentialsRefused, UnexpectedAnswer, wordsOf } from './keycloak-failures.ts';
import { isJsonAnswer, isOAuthRefusal, parseJson, retryAfterOf, sightOf } from './keycloak-own-answer.ts';

export interface KeycloakTokenOptions {
  /** Without a slash at the end. */
  readonly url: string;
  readonly realm: string;
  readonly clientId: string;
  /** Undefined: no service account, so the admin's password is the only way. */
  readonly clientSecret: LiveText | undefined;
  /** An admin of realm `master`: the second way. */
  readonly admin: { readonly username: string; readonly password: LiveText } | undefined;
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export type TokenSource = 'service-account' | 'admin-password';

export interface KeycloakTokenProvider {
  /** @throws CredentialsRefused when every way is refused; whatever the network throws otherwise. */
  getAccessToken(): Promise<string>;
  /** Forgets this token, which Keycloak no longer takes. */
  drop(token: string): void;
  /** Says that this token lacks rights. @returns whether there is another way, which the next token then takes. */
  lacksRights(token: string): boolean;
  /** Where the latest token came from. */
  source(): TokenSource | undefined;
}

interface HeldToken {
  readonly token: string;
  readonly source: TokenSource;
  readonly until: number;
}

/** That our client is refused by now shows at the next one. */
const MAX_CACHE_MS = 60_000;
const MARGIN_MS = 30_000;
const MIN_CACHE_MS = 5_000;
// After this long the service account is tried again: its roles may have been mended.
const SECOND_WAY_MS = 300_000;

// After a refusal: neither Keycloak nor its protection against password guessing need one attempt a request.
const REFUSED_MS = 5_000;

const answerShape = z.object({ access_token: z.string().min(1), expires_in: z.number() });

/** The service account (client credentials) first; the admin's password where that is refused or lacks rights. */
export function createKeycloakTokenProvider(options: KeycloakTokenOptions): KeycloakTokenProvider {
  const { now = Date.now } = options;
  let held: HeldToken | undefined;
  let pending: Promise<string> | undefined;
  let secondWayUntil = Number.NEGATIVE_INFINITY;
  let refused: { readonly error: CredentialsRefused; readonly until: number } | undefined;

  const fetchToken = async (): Promise<string> => {
    const asked = now();
    if (refused !== undefined && asked < refused.until) throw refused.error;
    const { answer, source } = await askInOrder().catch((error: unknown) => {
      if (error instanceof CredentialsRefused) refused = { error, until: asked + REFUSED_MS };
      throw error;
    });
    const lifetime = Math.max(Math.min(MAX_CACHE_MS, answer.expires_in * 1000 - MARGIN_MS), MIN_CACHE_MS);
    held = { token: answer.access_token, source, until: asked + lifetime };
    return answer.access_token;
  };

  const askInOrder = async () => {
    const { admin } = options;
    if (admin === undefined) return { answer: await askAsClient(options), source: 'service-account' } as const;
    if (options.clientSecret !== undefined && now() >= secondWayUntil) {
      try {
        return { answer: await askAsClient(options), source: 'service-account' } as const;
      } catch (error) {
        if (!(error instanceof CredentialsRefused)) throw error;
        secondWayUntil = now() + SECOND_WAY_MS;
      }
    }
    return { answer: await askAsAdmin(options, admin), source: 'admin-password' } as const;
  };

  return {
    getAccessToken() {
      if (held !== undefined && now() < held.until) return Promise.resolve(held.token);
      pending ??= fetchToken().finally(() => {
        pending = undefined;
      });
      return pending;
    },
    drop(token) {
      if (held?.token === token) held = undefined;
    },
    lacksRights(token) {
      if (options.admin === undefined) return false;
      if (held?.token === token) {
        if (held.source === 'admin-password') return false;
        held = undefined;
        secondWayUntil = now() + SECOND_WAY_MS;
      }
      return true;
    },
    source: () => held?.source,
  };
}

const askAsClient = (options: KeycloakTokenOptions) =>
  ask(options, options.realm, `the client ${options.clientId}`, {
    grant_type: 'client_credentials',
    client_id: options.clientId,
    client_secret: textOf(options.clientSecret ?? ''),
  });

const askAsAdmin = (options: KeycloakTokenOptions, { username, password }: { username: string; password: LiveText }) =>
  ask(options, 'master', 'the admin', {
    grant_type: 'password',
    client_id: 'admin-cli',
    username,
    password: textOf(password),
  });

async function ask(options: KeycloakTokenOptions, realm: string, who: string, form: Record<string, string>) {
  const { statusCode, headers, body } = await request(
    `${options.url}/realms/${encodeURIComponent(realm)}/protocol/openid-connect/token`,
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams(form).toString(),
      dispatcher: options.dispatcher,
      signal: AbortSignal.timeout(options.timeoutMs),
    },
  );
  const answer = parseJson(await body.text());
  const seen = { status: statusCode, contentType: single(headers['content-type']), body: answer };
  if (isOAuthRefusal(seen)) throw new CredentialsRefused(refusal(who, realm, statusCode, answer));
  const token = answerShape.safeParse(answer).data;
  if (isJsonAnswer(seen) && token !== undefined) return token;
  const retryAfter = retryAfterOf(single(headers['retry-after']));
  throw new UnexpectedAnswer(`${sightOf(seen)} where a token was asked for`, { status: statusCode, retryAfter });
}

const single = (header: string | string[] | undefined): string | undefined => [header].flat()[0];

const refusalShape = z.object({ error_description: z.string() });

function refusal(who: string, realm: string, statusCode: number, answer: unknown): string {
  const description = wordsOf({ error: refusalShape.safeParse(answer).data?.error_description });
  const words = [wordsOf(answer), description].filter((text) => text !== undefined).join(': ');
  return `${who} of realm ${realm} got ${statusCode}${words === '' ? '' : ` ${words}`}`;
}
