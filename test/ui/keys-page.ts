// The keys page as its tests see it, and keys stored behind its back.
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { API } from '../support/service/api-client.ts';
import { demoClient } from '../support/service/running-service.ts';
import { type PageTest, pageTest } from './page-test.ts';

interface KeysPage extends PageTest {
  /** Of a stored key, by its provider's name. */
  card(name: string): Locator;
  dialog(): Locator;
  removeAllKeys(tier: string): Promise<void>;
  /** Stores a key that the provider treats so. */
  store(tier: string, provider: string, behaviour: string, more?: object): Promise<void>;
}

export function keysPage(): KeysPage {
  const test = pageTest();
  const { page, world } = test;
  return {
    ...test,
    card: (name) => page().getByRole('article', { name, exact: true }),
    dialog: () => page().getByRole('dialog'),
    async removeAllKeys(tier) {
      const client = await demoClient(world().service, tier);
      for (const { provider } of (await client.get(`${API}/keys`)).body as { provider: string }[])
        await client.send('DELETE', `${API}/keys/${provider}`);
    },
    async store(tier, provider, behaviour, more = {}) {
      const client = await demoClient(world().service, tier);
      const key = world().key(provider, behaviour);
      expect((await client.post(`${API}/keys/add`, { provider, key, ...more })).status).toBe(200);
    },
  };
}
