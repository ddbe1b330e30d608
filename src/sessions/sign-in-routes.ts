// Signing in at the identity provider: there and back.
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { LRUCache } from 'lru-cache';
import { hashOfToken } from '../crypto/secret-token.ts';
import { problemResponses } from '../http/problem.ts';
import { showProblemsAsPages } from '../http/problem-page.ts';
import { canonicalPath } from '../http/return-path.ts';
import { ByokError } from '../shared/errors.ts';
import { callbackQuery, loginQuery, redirectAnswer } from './auth-schemas.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { type PendingSignIn, SIGN_IN_MS } from './pending-sign-in.ts';
import type { EarlierSignIns, UsedSignIns } from './redis-sign-ins.ts';
import type { SignInCookies } from './sign-in-cookies.ts';

export interface SignInRoutesOptions {
  identityProvider: IdentityProvider;
  signInCookies: SignInCookies;
  /** What replicas share; undefined where they share nothing. */
  earlierSignIns: EarlierSignIns | undefined;
  usedSignIns: UsedSignIns | undefined;
  browserSessions: BrowserSessions;
  publicUrl: string;
  basePath: string;
}

const common = { tags: ['auth'], security: [] };
const UNAVAILABLE = ['session_store_unavailable', 'directory_unavailable', 'directory_misconfigured'] as const;

export const signInRoutes: FastifyPluginAsyncZod<SignInRoutesOptions> = async (app, options) => {
  const { identityProvider, signInCookies, basePath } = options;
  const once = createOnce(options.usedSignIns);
  showProblemsAsPages(app, options);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  const login = {
    ...common,
    summary: 'Sign in',
    querystring: loginQuery,
    response: { 303: redirectAnswer, ...problemResponses(...UNAVAILABLE, 'validation_failed') },
  };
  app.get('/auth/login', { schema: login, exposeHeadRoute: false }, async (request, reply) => {
    const { url, state, nonce, codeVerifier } = await identityProvider.startSignIn();
    const returnTo = canonicalPath(request.query.return_to, `${basePath}/`);
    signInCookies.keep(request, reply, state, { nonce, codeVerifier, returnTo });
    return reply.redirect(url, 303);
  });

  const callback = {
    ...common,
    summary: 'Where the identity provider sends the browser back to',
    querystring: callbackQuery,
    response: {
      303: redirectAnswer,
      ...problemResponses(...UNAVAILABLE, 'audit_unavailable', 'sign_in_failed', 'validation_failed'),
    },
  };
  app.get('/auth/callback', { schema: callback, exposeHeadRoute: false }, async (request, reply) => {
    const { state } = request.query;
    const signIn = state === undefined ? undefined : await pendingSignIn(options, request, state);
    if (state === undefined || signIn === undefined)
      throw refused('the callback belongs to no sign-in that this browser began');
    try {
      const user = await once(state, () =>
        identityProvider.finishSignIn(callbackUrl(options, request), { ...signIn, state }),
      );
      await options.browserSessions.open(request, reply, user, 'oidc');
    } catch (error) {
      // While the provider cannot be reached its code is good, and loading the page again finishes the sign-in.
      if (error instanceof ByokError && error.code === 'sign_in_failed') signInCookies.clear(reply, state);
      throw error;
    }
    signInCookies.clear(reply, state);
    return reply.redirect(signIn.returnTo, 303);
  });
};

const refused = (reason: string): ByokError => new ByokError('sign_in_failed', { reason });

/** The address is ours by configuration; only the query is the request's. */
const callbackUrl = ({ publicUrl, basePath }: SignInRoutesOptions, { url }: FastifyRequest): URL =>
  new URL(`${publicUrl}${basePath}/auth/callback${new URL(url, publicUrl).search}`);

/** @returns the sign-in that this callback belongs to, for the browser that began it. */
async function pendingSignIn(
  { signInCookies, earlierSignIns }: SignInRoutesOptions,
  request: FastifyRequest,
  state: string,
): Promise<PendingSignIn | undefined> {
  const signIn = signInCookies.find(request, state);
  const secret = signIn === undefined ? signInCookies.earlierSecret(request) : undefined;
  if (secret === undefined) return signIn;
  const earlier = await earlierSignIns?.take(state);
  return earlier !== undefined && hashOfToken(secret) === earlier.browserHash ? earlier : undefined;
}

/**
 * A code works once at the identity provider, wherever it is shown: that is what makes a callback work once. But one that is
 * shown twice loses the person's sign-out there (measured on Keycloak 26.7: no back-channel logout follows), so a callback
 * that comes a second time does not get that far. Only codes that were accepted are remembered: nobody can fill this
 * without an account.
 */
function createOnce(elsewhere: UsedSignIns | undefined) {
  const running = new Set<string>();
  const used = new LRUCache<string, true>({ max: 10_000, ttl: SIGN_IN_MS });
  const finishOnce = async <T>(state: string, finish: () => Promise<T>): Promise<T> => {
    if (await elsewhere?.has(state)) throw refused('the callback came twice');
    const result = await finish();
    used.set(state, true);
    await elsewhere?.add(state);
    return result;
  };
  return async <T>(state: string, finish: () => Promise<T>): Promise<T> => {
    if (running.has(state) || used.has(state)) throw refused('the callback came twice');
    running.add(state);
    return finishOnce(state, finish).finally(() => running.delete(state));
  };
}
