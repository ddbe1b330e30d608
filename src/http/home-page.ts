// The page after signing in: who you are, how to go on, and the way out.
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ByokError } from '../domain/errors.ts';
import type { DescribeUser } from './auth-schemas.ts';
import type { Authenticate } from './authenticate.ts';
import { type Html, html } from './html.ts';
import { type Page, sendPage } from './page.ts';
import { showProblemsAsPages } from './problem-page.ts';
import { describeMe } from './session-routes.ts';
import { BRAND } from './sign-in-page.ts';

interface HomePageOptions {
  authenticate: Authenticate;
  describeUser: DescribeUser;
  publicUrl: string;
  basePath: string;
  /** Embedded default: people sign in without a password. */
  demo: boolean;
  /** Origin of the identity provider, where signing out leads to. */
  providerOrigin?: string | undefined;
}

type Me = Awaited<ReturnType<typeof describeMe>>;

export const homePage: FastifyPluginAsyncZod<HomePageOptions> = async (app, options) => {
  const { authenticate, describeUser, basePath, demo } = options;
  showProblemsAsPages(app, options);
  app.get('/', { schema: { hide: true } }, async (request, reply) => {
    try {
      await authenticate(request, reply);
      if (request.principal === undefined) throw new ByokError('not_authenticated');
      const me = await describeMe(describeUser, request.principal.userId, request.principal.roles);
      return sendPage(reply, signedInPage(options, me));
    } catch (error) {
      if (!(error instanceof ByokError) || error.code !== 'not_authenticated') throw error;
      reply.header('cache-control', 'no-store');
      return demo ? reply.redirect(`${basePath}/auth/login`, 303) : sendPage(reply, signedOutPage(basePath));
    }
  });
};

function signedOutPage(basePath: string): Page {
  return {
    title: 'Sign in',
    basePath,
    body: html`<main class="narrow">
${BRAND}
<section class="card">
<h1>Your keys, kept safe</h1>
<p class="lead">Store the API keys of your LLM providers once. The platform uses them on your behalf, and nobody else sees them.</p>
<p class="actions"><a class="button" href="${basePath}/auth/login">Sign in</a></p>
</section>
<footer><p><a href="${basePath}/docs">API reference</a></p></footer>
</main>`,
  };
}

function signedInPage(options: HomePageOptions, me: Me): Page {
  const { basePath, providerOrigin } = options;
  const name = me.name ?? me.email ?? me.id;
  return {
    title: 'Signed in',
    basePath,
    formTargets: providerOrigin === undefined ? [] : [providerOrigin],
    body: html`<main class="wide">
${BRAND}
<section class="card">
<div class="self">
<span class="avatar" data-tier="${me.tier}" aria-hidden="true">${name.charAt(0).toUpperCase()}</span>
<div class="who"><p class="eyebrow">Signed in as</p><h1>${name}</h1><p class="email">${me.email ?? me.id}</p></div>
<p class="tier" data-tier="${me.tier}">${me.tier.replaceAll('_', ' ')}</p>
</div>
<h2>Try it from a terminal</h2>
${commands(options, me)}
<div class="actions">
<a class="button" href="${basePath}/docs">Open the API reference</a>
<form method="post" action="${basePath}/auth/logout"><button class="button quiet">Sign out</button></form>
</div>
</section>
</main>`,
  };
}

function commands({ publicUrl, basePath, demo }: HomePageOptions, me: Me): Html {
  const root = `${publicUrl}${basePath}`;
  if (!demo) {
    return html`<p class="hint">With an access token of your realm in <code>TOKEN</code>:</p>
<pre tabindex="0" role="region" aria-label="Commands"><code>curl -H "Authorization: Bearer $TOKEN" ${root}/api/v1/byok/keys</code></pre>`;
  }
  return html`<p class="hint">Sign in, then list your keys:</p>
<pre tabindex="0" role="region" aria-label="Commands"><code>curl -c cookies.txt -H 'Content-Type: application/json' \\
  -d '{"email": "${me.email ?? ''}"}' \\
  ${root}/auth/demo

curl -b cookies.txt ${root}/api/v1/byok/keys</code></pre>`;
}
