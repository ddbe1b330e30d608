// A TypeScript client of a stub that answers what a test says; the stub ends with the test.
import { expect, onTestFinished } from 'vitest';
import { type ByokClientError, type ByokClientOptions, createByokClient } from '../../clients/typescript/src/index.ts';
import { type StubAnswer, startStubKeyService } from './stub-key-service.ts';

export const TOKEN = 'byok_st_canary_token_0123456789';
export const EMAIL = 'ann@example.com';

/** As `startStubKeyService`. For use inside a test. */
export async function startStub(handler: Parameters<typeof startStubKeyService>[0]) {
  const stub = await startStubKeyService(handler);
  onTestFinished(() => stub.stop());
  return stub;
}

/** @param answer to the nth request. For use inside a test. */
export async function startClient(
  answer: (n: number) => StubAnswer | Promise<StubAnswer>,
  options: ByokClientOptions = {},
) {
  let n = 0;
  const stub = await startStub(() => answer(++n));
  const client = createByokClient({ url: stub.url, serviceToken: TOKEN, env: {}, ...options });
  return { stub, client };
}

export const failure = (promise: Promise<unknown>): Promise<ByokClientError> =>
  promise.then(
    () => expect.fail('it should have been rejected'),
    (error) => error,
  );
