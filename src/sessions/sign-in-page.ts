// The sign-in page of the embedded default.
import { type Html, html } from '../http/html.ts';
import { BRAND, type Page } from '../http/page.ts';
import { DEMO_USERS } from '../users/demo-users.ts';

const CHEVRON: Html = html`<svg class="chevron" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="m6 3.5 4.5 4.5L6 12.5" fill="none" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

const titleCase = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export function demoSignInPage({ basePath, returnTo }: { basePath: string; returnTo: string }): Page {
  const users = DEMO_USERS.map(
    ({ email, tier, shows }) => html`<li>
<button class="person" name="email" value="${email}">
<span class="avatar" data-tier="${tier}" aria-hidden="true">${titleCase(tier).charAt(0)}</span>
<span class="who"><strong>${titleCase(tier)}</strong><span class="email">${email}</span><span class="note">${shows}</span></span>
${CHEVRON}
</button>
</li>
`,
  );
  return {
    title: 'Sign in',
    basePath,
    body: html`<main class="narrow">
${BRAND}
<section class="card">
<h1>Sign in</h1>
<p class="lead">Choose one of four demo people, one for each tier. No password: this runs on your machine only.</p>
<form method="post" action="${basePath}/auth/demo">
<input type="hidden" name="return_to" value="${returnTo}">
<ul class="people">
${users}</ul>
</form>
</section>
<footer><p>Set <code>KEYCLOAK_URL</code> to sign in with real accounts. <a href="${basePath}/docs">API reference</a></p></footer>
</main>`,
  };
}
