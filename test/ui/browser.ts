// Chromium with the page of a service open in it, and everything that went wrong in it.
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { inject } from 'vitest';
import type { RunningService } from '../support/service/running-service.ts';

export interface OpenOptions {
  /** The demo user to sign in as; nobody without one. */
  readonly tier?: string | undefined;
  readonly path?: string;
  /** `localhost` unless told. */
  readonly host?: string;
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** A browser profile that is open already: another tab of it. */
  readonly context?: BrowserContext;
}

export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /**
   * What the browser complained of: errors and warnings on the console, exceptions, breaches of the page's policy.
   * Answers with an error status are not in it: a page has to expect them.
   */
  readonly complaints: string[];
  /** What axe finds, a line each. */
  axe(): Promise<string[]>;
  /** Closes the tab, and the profile that it opened. */
  close(): Promise<void>;
}

/** A policy's breach is reported to whoever listens in the page; this makes a line on the console of it. */
const REPORT_BREACHES = `addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI));`;

// One a worker, for all of its files: it has nothing to keep apart that a context does not. Playwright ends it with the process.
let launched: Promise<Browser> | undefined;
const theBrowser = (): Promise<Browser> => {
  launched ??= chromium.launch({ executablePath: inject('chromium'), args: ['--no-sandbox'] });
  return launched;
};

export async function openTab(
  service: Pick<RunningService, 'port' | 'config'>,
  {
    tier,
    path = '/',
    host = 'localhost',
    scheme = 'light',
    width = 1280,
    height = 900,
    context: given,
  }: OpenOptions = {},
): Promise<Tab> {
  const root = `http://${host}:${service.port}${service.config.basePath}`;
  const browser = await theBrowser();
  const context =
    given ?? (await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' }));
  if (tier !== undefined) await signIn(context, root, tier);
  await context.addInitScript(REPORT_BREACHES);
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(`${root}${path}`);
  return {
    page,
    context,
    complaints,
    axe: () => findings(page),
    close: () => (given === undefined ? context.close() : page.close()),
  };
}

function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isAnswer) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return complaints;
}

async function signIn(context: BrowserContext, root: string, tier: string): Promise<void> {
  const answer = await context.request.post(`${root}/auth/demo`, { data: { email: `${tier}@example.com` } });
  if (!answer.ok()) throw new Error(`signing in answered ${answer.status()}: ${await answer.text()}`);
}

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** An answer as the service gives it in trouble, for `route.fulfill`. */
export const problemAnswer = (status: number, code: string, detail: string, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ type: `urn:byok:error:${code}`, title: code, status, code, detail, request_id: 'r-1' }),
});
