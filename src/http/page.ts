// The frame around every page: no inline script or style, nothing from elsewhere. Sign-in and problems work without script.
import { hash } from 'node:crypto';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { type Html, html } from './html.ts';
import { STYLESHEET } from './stylesheet.ts';

export interface Page {
  readonly title: string;
  readonly basePath: string;
  readonly body: Html;
  /** Origins besides ours that a form may lead to by a redirect. */
  readonly formTargets?: readonly string[];
  /** Addresses below /ui/: a module to run, and stylesheets besides the common one. */
  readonly script?: string;
  readonly styles?: readonly string[];
}

/** A key on a tile: the mark of the pages. Decoration, so assistive technology skips it. */
const MARK: Html = html`<svg class="mark" viewBox="0 0 40 40" aria-hidden="true" focusable="false"><rect width="40" height="40" rx="11"/><g fill="none" stroke-width="2.8" stroke-linecap="round" stroke-linejoin="round"><circle cx="15" cy="20" r="5.6"/><path d="M20.6 20H31M27 20v4.6M31 20v3"/></g></svg>`;

/** The head of every page. */
export const BRAND: Html = html`<header class="brand">${MARK}<p>Ops Center <span class="soft">keys</span></p></header>`;

/** Whether a person's browser is asking for a page, rather than a program for data. */
export const wantsPage = ({ headers }: FastifyRequest): boolean => (headers.accept ?? '').includes('text/html');

const VERSION = hash('sha256', STYLESHEET, 'hex').slice(0, 12);

export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  const { title, basePath, body, formTargets = [], script, styles = [] } = page;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Ops Center keys</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${basePath}/auth/style.css?v=${VERSION}">
${styles.map((file) => html`<link rel="stylesheet" href="${basePath}/ui/${file}">`)}
${script === undefined ? undefined : html`<script type="module" src="${basePath}/ui/${script}"></script>`}
</head>
<body>
${body}
</body>
</html>
`;
  const formAction = ["'self'", ...formTargets].join(' ');
  const scripts = script === undefined ? '' : "script-src 'self'; connect-src 'self'; ";
  return reply
    .headers({
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; ${scripts}style-src 'self'; img-src data:; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'`,
      // Under `no-referrer` browsers send a form's origin as `null`, and the check against foreign sites would refuse our own.
      'referrer-policy': 'same-origin',
    })
    .type('text/html; charset=utf-8')
    .serializer((text: unknown) => String(text))
    .send(document.markup);
}

/** The stylesheet of the pages. Public. */
export const stylesheetRoute: FastifyPluginAsync = async (app) => {
  app.get('/auth/style.css', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('cache-control', 'public, max-age=86400')
      .type('text/css; charset=utf-8')
      .serializer((text: unknown) => String(text))
      .send(STYLESHEET),
  );
};
