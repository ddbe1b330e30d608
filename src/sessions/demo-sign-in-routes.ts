// Signing in without a password, as one of the demo users. Registered in the embedded default only.
import formbody from '@fastify/formbody';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createOriginGuard } from '../http/csrf.ts';
import { sendPage } from '../http/page.ts';
import { problemResponses } from '../http/problem.ts';
import { CHANGE_CODES } from '../http/problem-codes.ts';
import { showProblemsAsPages } from '../http/problem-page.ts';
import { canonicalPath } from '../http/return-path.ts';
import { isSameAddress } from '../shared/email-address.ts';
import { ByokError } from '../shared/errors.ts';
import { DEMO_USERS } from '../users/demo-users.ts';
import type { DescribeUser } from '../users/usable-user.ts';
import { demoAnswer, demoBody, loginQuery, pageAnswer, redirectAnswer } from './auth-schemas.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import { describeMe } from './session-routes.ts';
import { demoSignInPage } from './sign-in-page.ts';

interface DemoSignInRoutesOptions {
  browserSessions: BrowserSessions;
  findUserIdByEmail: (email: string) => Promise<string | undefined>;
  describeUser: DescribeUser;
  publicUrl: string;
  basePath: string;
}

const FORM = 'application/x-www-form-urlencoded';
const common = { tags: ['auth'], security: [] };

export const demoSignInRoutes: FastifyPluginAsyncZod<DemoSignInRoutesOptions> = async (app, options) => {
  const { describeUser, browserSessions, publicUrl, basePath } = options;
  showProblemsAsPages(app, options);
  // The sign-in page is a plain form: it works without scripts.
  await app.register(formbody);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });

  const login = {
    ...common,
    summary: 'Sign-in page with the demo users',
    querystring: loginQuery,
    response: { 200: pageAnswer, ...problemResponses('validation_failed') },
  };
  app.get('/auth/login', { schema: login }, async (request, reply) => {
    const returnTo = canonicalPath(request.query.return_to, `${basePath}/`);
    return sendPage(reply, demoSignInPage({ basePath, returnTo }));
  });

  const demo = {
    ...common,
    summary: 'Sign in as a demo user',
    description: 'Embedded default only.',
    consumes: ['application/json', FORM],
    body: demoBody,
    response: {
      200: demoAnswer,
      303: redirectAnswer,
      ...problemResponses('validation_failed', 'session_store_unavailable', 'directory_unavailable', ...CHANGE_CODES),
    },
  };
  app.post('/auth/demo', { schema: demo, onRequest: createOriginGuard({ publicUrl }) }, async (request, reply) => {
    const { userId, roles } = await findDemoUser(options, request.body.email);
    const me = await describeMe(describeUser, userId, roles);
    const user = {
      userId,
      email: me.email ?? undefined,
      name: me.name ?? undefined,
      roles,
      providerSessionId: undefined,
      idToken: undefined,
    };
    await browserSessions.open(request, reply, user, 'demo');
    const isForm = request.headers['content-type']?.startsWith(FORM) ?? false;
    return isForm ? reply.redirect(canonicalPath(request.body.return_to, `${basePath}/`), 303) : me;
  });
};

async function findDemoUser({ findUserIdByEmail }: DemoSignInRoutesOptions, email: string) {
  const user = DEMO_USERS.find((candidate) => isSameAddress(candidate.email, email.trim()));
  const id = user === undefined ? undefined : await findUserIdByEmail(user.email);
  if (user !== undefined && id !== undefined) return { userId: id, roles: user.roles };
  const message = `must be one of ${DEMO_USERS.map((candidate) => candidate.email).join(', ')}`;
  throw new ByokError('validation_failed', {
    detail: `email ${message}.`,
    extras: { errors: [{ path: 'email', message }] },
  });
}
