// The page and its files. Public: what it shows comes from calls that say who asks.
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { html } from '../http/html.ts';
import { BRAND, type Page, sendPage } from '../http/page.ts';
import { showProblemsAsPages } from '../http/problem-page.ts';
import { returnPath } from '../http/return-path.ts';
import type { Authenticate } from '../sessions/authenticate-hook.ts';
import { ByokError } from '../shared/errors.ts';
import type { UiAsset, UiAssets } from './ui-assets.ts';

interface UiRoutesOptions {
  ui: UiAssets;
  authenticate: Authenticate;
  basePath: string;
  /** Embedded default: people sign in without a password. */
  demo: boolean;
  /** Origin of the identity provider, where signing out leads to. */
  providerOrigin?: string | undefined;
}

/** The addresses that the page knows; it finds its way among them by itself. */
export const UI_PATHS = ['/', '/activity', '/account', '/admin', '/admin/people', '/admin/audit'] as const;

const YEAR_S = 31_536_000;

export const uiRoutes: FastifyPluginAsync<UiRoutesOptions> = async (app, options) => {
  const { ui, authenticate, basePath, demo } = options;
  showProblemsAsPages(app, options);

  for (const path of UI_PATHS)
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      if (await isSignedOut(authenticate, request, reply)) {
        const here = `${basePath}${path}${/\?.*/.exec(request.url)?.[0] ?? ''}`;
        // Filters are kept; what is too long to be led back to is not.
        const to = returnPath.safeParse(here).success ? here : `${basePath}${path}`;
        const back = to === `${basePath}/` ? '' : `?return_to=${encodeURIComponent(to)}`;
        const signIn = `${basePath}/auth/login${back}`;
        reply.header('cache-control', 'no-store');
        return demo ? reply.redirect(signIn, 303) : sendPage(reply, signedOutPage(basePath, signIn));
      }
      return sendPage(reply, shell(options));
    });

  app.get('/ui/byok-keys.js', { schema: { hide: true } }, async (request, reply) =>
    sendAsset(request, reply.header('cache-control', 'no-cache'), ui.element),
  );
  app.get<{ Params: { file: string } }>('/ui/assets/:file', { schema: { hide: true } }, async (request, reply) => {
    const file = ui.files.get(request.params.file);
    if (file === undefined) throw new ByokError('route_not_found');
    return sendAsset(request, reply.header('cache-control', `public, max-age=${YEAR_S}, immutable`), file);
  });
};

/** Where nobody can say, the page opens: it says what is the matter, and recovers. */
async function isSignedOut(authenticate: Authenticate, request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
  try {
    await authenticate(request, reply);
    return request.principal === undefined;
  } catch (error) {
    if (!(error instanceof ByokError)) throw error;
    return error.code === 'not_authenticated';
  }
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, { type, body, brotli, etag }: UiAsset) {
  reply.headers({ etag, vary: 'accept-encoding' });
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  const takesBrotli = /\bbr\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const compressed = takesBrotli ? brotli : undefined;
  if (compressed !== undefined) reply.header('content-encoding', 'br');
  return reply
    .type(type)
    .serializer((payload: unknown) => payload as string)
    .send(compressed ?? body);
}

function shell({ ui, basePath, demo, providerOrigin }: UiRoutesOptions): Page {
  return {
    title: 'Keys',
    basePath,
    formTargets: providerOrigin === undefined ? [] : [providerOrigin],
    script: ui.script,
    styles: ui.styles,
    body: html`<div id="app" data-base="${basePath}" data-demo="${String(demo)}"><main class="narrow" aria-busy="true">${BRAND}</main></div>
<noscript><main class="narrow">
<section class="card">
<h1>This page needs JavaScript</h1>
<p class="lead">Switch it on and load the page again. Everything here can also be done by <a href="${basePath}/docs">the API</a>.</p>
<form class="actions" method="post" action="${basePath}/auth/logout"><button class="button quiet">Sign out</button></form>
</section>
</main></noscript>`,
  };
}

function signedOutPage(basePath: string, signIn: string): Page {
  return {
    title: 'Sign in',
    basePath,
    body: html`<main class="narrow">
${BRAND}
<section class="card">
<h1>Your keys, kept safe</h1>
<p class="lead">Store the API keys of your LLM providers once. The platform uses them on your behalf, and nobody else sees them.</p>
<p class="actions"><a class="button" href="${signIn}">Sign in</a></p>
</section>
<footer><p><a href="${basePath}/docs">API reference</a></p></footer>
</main>`,
  };
}
