// What tests of a page have in common: a service with local providers, and a tab a test, which must not have complained.
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type PageWorld, startPageWorld } from '../support/service/page-world.ts';
import type { RunningService } from '../support/service/running-service.ts';
import { type OpenOptions, openTab, type Tab } from './browser.ts';

interface PageTestOptions {
  /** Before the first test. */
  readonly prepare?: (world: PageWorld) => Promise<void>;
  /** How a tab is opened where a test does not say otherwise. */
  readonly opens?: OpenOptions;
}

export interface PageTest {
  world(): PageWorld;
  /** Of the test's own tab. */
  page(): Page;
  context(): BrowserContext;
  /** Opens the test's own tab. @param service this world's unless told. */
  open(more?: OpenOptions, service?: RunningService): Promise<void>;
  /** Opens one more; the test closes it. */
  openAnother(more?: OpenOptions, service?: RunningService): Promise<Tab>;
  /** Closes the test's own tab, for a second one. */
  close(): Promise<void>;
  axe(): Promise<string[]>;
  /** By its whole name, where that is a text. */
  button(name: string | RegExp): Locator;
  /** What happens when the window is chosen again. */
  comeBack(): Promise<unknown>;
  /** In CSS pixels: more than the window's is cut off. */
  scrollWidth(): Promise<number>;
}

/** Call it once, at the top of a file. */
export function pageTest({ prepare, opens }: PageTestOptions = {}): PageTest {
  let world: PageWorld;
  let tab: Tab | undefined;
  beforeAll(async () => {
    world = await startPageWorld();
    await prepare?.(world);
  });
  afterAll(() => world?.close());
  const close = async (): Promise<void> => {
    const { complaints } = own();
    await own().close();
    tab = undefined;
    expect(complaints).toEqual([]);
  };
  afterEach(async () => {
    if (tab !== undefined) await close();
  });
  const own = (): Tab => {
    if (tab === undefined) throw new Error('The test has opened no tab yet.');
    return tab;
  };
  return {
    world: () => world,
    page: () => own().page,
    context: () => own().context,
    async open(more, service = world.service) {
      tab = await openTab(service, { ...opens, ...more });
    },
    openAnother: (more, service = world.service) => openTab(service, more),
    close,
    axe: () => own().axe(),
    button: (name) => own().page.getByRole('button', { name, exact: typeof name === 'string' }),
    comeBack: () => own().page.evaluate('dispatchEvent(new Event("focus"))'),
    scrollWidth: () => own().page.evaluate<number>('document.documentElement.scrollWidth'),
  };
}
