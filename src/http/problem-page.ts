// Failures on the way of a person's browser, as a page with a way on. Programs get the problem document.
import type { FastifyError, FastifyInstance } from 'fastify';
import { html } from './html.ts';
import { BRAND, type Page, sendPage, wantsPage } from './page.ts';
import { countRefusal, problemOf } from './problem.ts';

/** For the routes of a scope that people's browsers are sent to. */
export function showProblemsAsPages(app: FastifyInstance, { basePath }: { basePath: string }): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    // Thrown on to the handler of the application, which answers in JSON.
    if (!wantsPage(request)) throw error;
    const known = await countRefusal(problemOf(error, request), request, reply);
    request.problem = known;
    if (known.retryAfter !== undefined) {
      const seconds = String(Math.ceil(known.retryAfter));
      // The second one is for browsers: they load the page again by themselves.
      reply.headers({ 'retry-after': seconds, ...(request.method === 'GET' && { refresh: seconds }) });
    }
    return sendPage(reply.code(known.status), problemPage(basePath, known, request.id));
  });
}

function problemPage(basePath: string, { title, detail }: { title: string; detail: string }, requestId: string): Page {
  return {
    title,
    basePath,
    body: html`<main class="narrow">
${BRAND}
<section class="card">
<h1>${title}</h1>
<p class="lead">${detail}</p>
<p class="actions"><a class="button" href="${basePath}/auth/login">Sign in</a></p>
</section>
<footer><p>Request ${requestId}</p></footer>
</main>`,
  };
}
