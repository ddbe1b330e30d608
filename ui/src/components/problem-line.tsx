// Why a write did not happen, below what was typed.
import type { Problem } from '../api/problem.ts';

/** @param before a sentence that comes first. */
export function ProblemLine({ problem, before }: { problem: Problem; before?: string }) {
  const { status, detail, retryAfter, requestId } = problem;
  return (
    <div class="result" data-tone="bad">
      <p>
        {before !== undefined && `${before} `}
        {status === 401 ? 'Your session has ended.' : detail}
        {retryAfter !== undefined && status !== 401 && ` Try again in ${retryAfter} s.`}
        {status === 0 && ' Nothing is known to be saved: check the connection and try again.'}
        {status === 500 && requestId !== undefined && ` Request ${requestId}.`}
      </p>
    </div>
  );
}
