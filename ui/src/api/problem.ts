// What went wrong with a call, in a form that every page can show.

export interface Problem {
  /** HTTP status; 0 where there was no answer at all. */
  readonly status: number;
  /** The service's stable word for it, or `unreachable`, `too_slow`, `unexpected`. */
  readonly code: string;
  /** One sentence for the person. */
  readonly detail: string;
  /** Seconds after which the service wants to be asked again. */
  readonly retryAfter: number | undefined;
  /** What to tell an administrator. */
  readonly requestId: string | undefined;
  /** Field → what is wrong with it. */
  readonly fields: ReadonlyMap<string, string>;
  readonly requiredTier: string | undefined;
}

export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

const plain = (status: number, code: string, detail: string): Problem => ({
  status,
  code,
  detail,
  retryAfter: undefined,
  requestId: undefined,
  fields: new Map(),
  requiredTier: undefined,
});

/** The problem document of an answer; whatever else came (a proxy's page, say) is `unexpected`. */
export function readProblem(response: Response, body: unknown): Problem {
  const { status } = response;
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  const document = isRecord(body) && typeof body.detail === 'string' ? body : undefined;
  if (document === undefined) {
    const detail = `Something between this page and the service answered with status ${status}.`;
    return { ...plain(status, 'unexpected', detail), retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined };
  }
  return {
    status,
    code: String(document.code),
    detail: String(document.detail),
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    requestId: typeof document.request_id === 'string' ? document.request_id : undefined,
    fields: new Map(
      (Array.isArray(document.errors) ? document.errors : []).map(({ path, message }) => [
        String(path),
        String(message),
      ]),
    ),
    requiredTier: typeof document.required_tier === 'string' ? document.required_tier : undefined,
  };
}

/** What `fetch` threw. */
export function readFailure(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return plain(0, 'too_slow', 'The service did not answer in time.');
  return navigator.onLine
    ? plain(0, 'unreachable', 'The service cannot be reached.')
    : plain(0, 'unreachable', 'You are offline.');
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
