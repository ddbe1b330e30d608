// One request and its whole answer. Whatever `fetch` throws is replaced: its exceptions can quote what was sent.
import { ByokUnavailableError } from './errors.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body where it is a JSON object, else an empty one. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** Throws `ByokUnavailableError` (code `unavailable`, without a status) where there is no answer in time. */
export async function fetchAnswer(
  url: string,
  init: RequestInit,
  { signal, whom }: { readonly signal: AbortSignal; readonly whom: string },
): Promise<Answer> {
  let problem: string;
  try {
    // A redirect could carry the bearer elsewhere: it is read as an answer, and a wrong one.
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    return { status: response.status, headers: response.headers, json: parseObject(await response.text()) };
  } catch (error) {
    problem = signal.aborted ? 'did not answer in time' : `cannot be reached${networkCode(error)}`;
  }
  throw new ByokUnavailableError(`${whom} ${problem}.`, { code: 'unavailable' });
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

function networkCode(error: unknown): string {
  const code = (error as { cause?: { code?: unknown } } | undefined)?.cause?.code;
  return typeof code === 'string' && /^[A-Z_]{1,60}$/.test(code) ? ` (${code})` : '';
}
