// The account as its tests see it: each begins without a session.
import type { Locator } from 'playwright-core';
import { beforeEach } from 'vitest';
import type { ApiClient } from '../support/service/api-client.ts';
import { demoClient } from '../support/service/running-service.ts';
import { type PageTest, pageTest } from './page-test.ts';

export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1';
export const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0';

interface AccountPage extends PageTest {
  part(name: string): Locator;
  sessions(): Locator;
  /** Signs in with another browser. */
  elsewhere(userAgent: string): Promise<ApiClient>;
  /** Waits for it. */
  signInPage(): Promise<void>;
}

export function accountPage(): AccountPage {
  const test = pageTest({ opens: { tier: 'starter', path: '/account' } });
  const { page, world } = test;
  beforeEach(async () => {
    for (const tier of ['starter', 'trial', 'enterprise'])
      await (await demoClient(world().service, tier)).delete('/auth/sessions');
  });
  const part = (name: string): Locator => page().getByRole('region', { name, exact: true });
  return {
    ...test,
    part,
    sessions: () => part('Your sessions').getByRole('listitem'),
    elsewhere: (userAgent) => demoClient(world().service, 'starter', { 'user-agent': userAgent }),
    signInPage: () => page().waitForURL(/\/auth\/login$/),
  };
}
