// Signing in at the identity provider: there and back.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { hashOfToken, newToken } from '../crypto/secret-token.ts';
import { problemResponses } from '../http/problem.ts';
import { showProblemsAsPages } from '../http/problem-page.ts';
import { canonicalPath } from '../http/return-path.ts';
import { ByokError } from '../shared/errors.ts';
import { callbackQuery, loginQuery, redirectAnswer } from './auth-schemas.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { SessionCookies } from './session-cookies.ts';
import type { PendingSignIn, SignInStore } from './sign-in-store.ts';

export interface SignInRoutesOptions {
  identityProvider: IdentityProvider;
  signIns: SignInStore;
  browserSessions: BrowserSessions;
  cookies: SessionCookies;
  publicUrl: string;
  basePath: string;
}

const common = { tags: ['auth'], security: [] };
const UNAVAILABLE = ['session_store_unavailable', 'directory_unavailable', 'directory_misconfigured'] as const;

export const signInRoutes: FastifyPluginAsyncZod<SignInRoutesOptions> = async (app, options) => {
  const { identityProvider, signIns, cookies, basePath } = options;
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
    const secret = browserSecret(cookies.readSignIn(request));
    const returnTo = canonicalPath(request.query.return_to, `${basePath}/`);
    await signIns.keep(state, { nonce, codeVerifier, returnTo, browserHash: secret.hash });
    cookies.setSignIn(reply, secret.token);
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
    const returnTo = await finish(options, request, reply);
    return reply.redirect(returnTo, 303);
  });
};

/** One secret for each browser, so that several tabs may sign in at once. */
function browserSecret(existing: string | undefined): { token: string; hash: string } {
  const token = existing !== undefined && hashOfToken(existing) !== undefined ? existing : newToken();
  return { token, hash: hashOfToken(token) ?? '' };
}

type Pending = { readonly state: string; readonly signIn: PendingSignIn };

/** @returns the sign-in that this answer belongs to; each is handed out once, and only to the browser that began it. */
async function takePending(
  { signIns, cookies }: SignInRoutesOptions,
  request: FastifyRequest,
  state: string | undefined,
): Promise<Pending | undefined> {
  const signIn = state === undefined ? undefined : await signIns.take(state);
  const secret = cookies.readSignIn(request);
  if (state === undefined || signIn === undefined || secret === undefined) return undefined;
  return hashOfToken(secret) === signIn.browserHash ? { state, signIn } : undefined;
}

async function finish(
  options: SignInRoutesOptions,
  request: FastifyRequest<{ Querystring: { state?: string | undefined } }>,
  reply: FastifyReply,
): Promise<string> {
  const { identityProvider, browserSessions, publicUrl, basePath } = options;
  const pending = await takePending(options, request, request.query.state);
  if (pending === undefined) {
    throw new ByokError('sign_in_failed', {
      reason: 'the callback belongs to no sign-in that this browser began, or came twice',
    });
  }
  const { state, signIn } = pending;
  // The address is ours by configuration; only the query is the request's.
  const callbackUrl = new URL(`${publicUrl}${basePath}/auth/callback${new URL(request.url, publicUrl).search}`);
  const user = await identityProvider.finishSignIn(callbackUrl, { ...signIn, state });
  await browserSessions.open(request, reply, user, 'oidc');
  return signIn.returnTo;
}
