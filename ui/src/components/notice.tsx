// Messages in the page: what is the matter, and what happens next.
import type { ComponentChildren } from 'preact';
import { useEffect, useReducer } from 'preact/hooks';
import type { Problem } from '../api/problem.ts';
import type { Resource, Snapshot } from '../resource.ts';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet';

interface NoticeProps {
  tone?: Tone;
  title?: string;
  action?: ComponentChildren;
  children: ComponentChildren;
}

export function Notice({ tone = 'info', title, action, children }: NoticeProps) {
  return (
    <div class="notice" data-tone={tone}>
      <div>
        {title !== undefined && <strong>{title}</strong>}
        <p>{children}</p>
      </div>
      {action}
    </div>
  );
}

export function Spinner() {
  return <span class="spinner" aria-hidden="true" />;
}

interface StateProps {
  of: Pick<Resource<unknown>, 'refresh'>;
  state: Snapshot<unknown>;
  /** What is being waited for: "your keys". */
  what: string;
}

/**
 * Says what there is to say of a resource that is late or failed; nothing when all is well. The page shows what it knows
 * below it. One live region that stays, so that its changes are read out.
 */
export function ResourceState({ of, state, what }: StateProps) {
  return (
    <div aria-live="polite">
      {state.problem !== undefined ? (
        <Failure problem={state.problem} state={state} what={what} retry={() => void of.refresh()} />
      ) : state.slow ? (
        <Notice tone="warn">
          <Spinner /> The service takes longer than usual. Still waiting for {what} …
        </Notice>
      ) : state.data === undefined ? (
        <p class="waiting">
          <Spinner /> Loading {what} …
        </p>
      ) : undefined}
    </div>
  );
}

interface FailureProps {
  problem: Problem;
  state: Snapshot<unknown>;
  what: string;
  retry: () => void;
}

function Failure({ problem, state, what, retry }: FailureProps) {
  // The dialog about the session says it.
  if (problem.status === 401) return null;
  const known = state.data !== undefined;
  return (
    <Notice
      tone="warn"
      title={known ? `This may be out of date` : `${capital(what)} cannot be shown right now`}
      action={
        <button type="button" class="button quiet small" disabled={state.loading} onClick={retry}>
          Try now
        </button>
      }
    >
      {problem.detail}{' '}
      {state.loading ? 'Trying again …' : state.retryAt !== undefined && <Countdown until={state.retryAt} />}
      {problem.requestId !== undefined && problem.status === 500 && <> Request {problem.requestId}.</>}
    </Notice>
  );
}

/** Hidden from screen readers: they would read out every second. */
function Countdown({ until }: { until: number }) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => redraw(undefined), 1000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
  return <span aria-hidden="true">Trying again in {seconds} s.</span>;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
