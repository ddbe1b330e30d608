// What every SignInStore must do, run on each adapter over its real store.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newToken } from '../../src/crypto/secret-token.ts';
import type { SignInStore } from '../../src/sessions/sign-in-store.ts';

export interface SignInStoreUnderTest {
  readonly make: (options: { ttlMs: number }) => SignInStore;
  close(): Promise<void>;
}

const signIn = { nonce: 'nonce', codeVerifier: 'verifier', returnTo: '/docs?x=1#y', browserHash: 'hash' };

export function describeSignInStore(title: string, open: () => Promise<SignInStoreUnderTest>): void {
  describe(`${title} as a store of pending sign-ins`, () => {
    let underTest: SignInStoreUnderTest;
    beforeAll(async () => {
      underTest = await open();
    });
    afterAll(async () => {
      await underTest?.close();
    });

    it('hands a sign-in out once', async () => {
      const store = underTest.make({ ttlMs: 600_000 });
      const state = newToken();
      await store.keep(state, signIn);
      await expect(store.take(state)).resolves.toEqual(signIn);
      await expect(store.take(state)).resolves.toBeUndefined();
    });

    it('hands a sign-in out once when twenty ask at the same time', async () => {
      const store = underTest.make({ ttlMs: 600_000 });
      const state = newToken();
      await store.keep(state, signIn);
      const taken = await Promise.all(Array.from({ length: 20 }, () => store.take(state)));
      expect(taken.filter(Boolean)).toEqual([signIn]);
    });

    it('keeps several at once and knows no others', async () => {
      const store = underTest.make({ ttlMs: 600_000 });
      const [one, two] = [newToken(), newToken()];
      await store.keep(one, { ...signIn, nonce: 'one' });
      await store.keep(two, { ...signIn, nonce: 'two' });
      await expect(store.take(newToken())).resolves.toBeUndefined();
      await expect(store.take('__proto__')).resolves.toBeUndefined();
      await expect(store.take(two)).resolves.toMatchObject({ nonce: 'two' });
      await expect(store.take(one)).resolves.toMatchObject({ nonce: 'one' });
    });

    it('forgets a sign-in after its time', async () => {
      const store = underTest.make({ ttlMs: 20 });
      const state = newToken();
      const marker = newToken();
      await store.keep(state, signIn);
      // Time has passed once a younger one, kept for as long, is gone too.
      await store.keep(marker, signIn);
      await expect
        .poll(
          async () => {
            const found = await store.take(marker);
            if (found !== undefined) await underTest.make({ ttlMs: 20 }).keep(marker, signIn);
            return found === undefined;
          },
          { timeout: 5000, interval: 40 },
        )
        .toBe(true);
      await expect(store.take(state)).resolves.toBeUndefined();
    });
  });
}
