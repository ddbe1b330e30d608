// The administrators' pages as their tests see them: in a world with a hundred and twenty-four people.
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { fillPageWorld } from '../support/service/page-world.ts';
import { type PageTest, pageTest } from './page-test.ts';

export const OVERVIEW = /\/admin\/overview/;

interface AdminPage extends PageTest {
  heading(name: string): Locator;
  link(name: string | RegExp): Locator;
  /** Of a table. */
  row(name: RegExp): Locator;
  says(text: string | RegExp): Promise<void>;
  /** Waits until it says so no more. */
  saysNoMore(text: string | RegExp): Promise<void>;
  /** In the browser's bar. */
  address(): URL;
}

export function adminPage(): AdminPage {
  const test = pageTest({ prepare: (world) => fillPageWorld(world), opens: { tier: 'enterprise' } });
  const { page } = test;
  return {
    ...test,
    heading: (name) => page().getByRole('heading', { name, exact: true }),
    link: (name) => page().getByRole('link', { name }),
    row: (name) => page().getByRole('row', { name }),
    says: (text) => page().getByText(text).first().waitFor(),
    saysNoMore: (text) => expect.poll(() => page().getByText(text).count()).toBe(0),
    address: () => new URL(page().url()),
  };
}
