// A change that a button makes: one at a time, with what the service says of it.
import { useState } from 'preact/hooks';
import { type Problem, ProblemError } from '../api/problem.ts';
import { useStore } from '../store.ts';

export interface Write {
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  /** @returns whether it was done. */
  run(action: () => Promise<void>): Promise<boolean>;
  /** What the problem was about is there no more. */
  forget(): void;
}

export function useWrite(): Write {
  const { session } = useStore();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  return {
    busy,
    problem,
    forget: () => setProblem(undefined),
    async run(action) {
      setBusy(true);
      setProblem(undefined);
      try {
        await action();
        return true;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        if (error.problem.status === 401) session.sessionEnded();
        setProblem(error.problem);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
