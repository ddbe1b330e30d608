import { describe, expect, it } from 'vitest';
import { createMemorySignInStore } from '../../src/sessions/memory-sign-in-store.ts';
import { describeSignInStore } from './sign-in-store-contract.ts';

describeSignInStore('Memory', async () => ({ make: createMemorySignInStore, close: async () => {} }));

describe('the bounds of the memory store of pending sign-ins', () => {
  it('keeps the latest sign-ins when there are too many', async () => {
    const store = createMemorySignInStore({ max: 2 });
    const signIn = { nonce: 'n', codeVerifier: 'v', returnTo: '/', browserHash: 'h' };
    for (const state of ['one', 'two', 'three']) await store.keep(state, signIn);
    await expect(store.take('one')).resolves.toBeUndefined();
    await expect(store.take('three')).resolves.toEqual(signIn);
  });
});
