// Calls of the service, typed from its OpenAPI document. Cookies say who asks; nothing is kept here.
import createClient from 'openapi-fetch';
import { ProblemError, readFailure, readProblem } from './problem.ts';
import type { paths } from './schema.ts';

/** What the call answers when all is well. */
export type Answer<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends {
  responses: { 200: { content: { 'application/json': infer T } } };
}
  ? T
  : never;

export type Api = ReturnType<typeof createApi>;

/** @param root where the service stands: an origin and BASE_PATH. A path alone could lead elsewhere (see rootOf). */
export const createApi = (root: string) =>
  createClient<paths>({
    baseUrl: root,
    // Neither an address nor where an answer leads is ever another site's: the browser sends nothing there.
    mode: 'same-origin',
    credentials: 'same-origin',
    cache: 'no-store',
  });

interface Result<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** Longer than the service takes for its slowest answer, the test of a key. */
export const callLimit = (): AbortSignal => AbortSignal.timeout(30_000);

/** @throws ProblemError, and nothing else. */
export async function answerOf<T>(call: Promise<Result<T>>): Promise<T> {
  return (await resultOf(call)).data;
}

/** The same with the answer's headers. */
export async function resultOf<T>(call: Promise<Result<T>>): Promise<{ data: T; headers: Headers }> {
  let result: Result<T>;
  try {
    result = await call;
  } catch (error) {
    throw new ProblemError(readFailure(error));
  }
  const { data, error, response } = result;
  if (!response.ok || data === undefined) throw new ProblemError(readProblem(response, error));
  return { data, headers: response.headers };
}
