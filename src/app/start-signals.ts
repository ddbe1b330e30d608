// What signals mean, from the start on. Nothing but Node is imported here: it has to be in place before the rest is loaded.
import { closeSync, openSync } from 'node:fs';

export interface StartSignals {
  /** Ends the start: SIGTERM or Ctrl+C has come. */
  readonly stopping: AbortSignal;
  /** What the work comes to. @throws the reason of `stopping` as soon as there is one. */
  unlessStopped<T>(work: Promise<T>): Promise<T>;
  /** The start is complete: what signals do from now on, and at once where they have come before. */
  started(next: SignalActions): void;
}

export interface SignalActions {
  /** SIGHUP. */
  readonly reload: () => void;
  /** SIGTERM or Ctrl+C. */
  readonly stop: (signal: NodeJS.Signals) => void;
  /** One of them again: somebody does not want to wait. */
  readonly stopAtOnce: (signal: NodeJS.Signals) => void;
}

const ENDS = ['SIGTERM', 'SIGINT'] as const;
/** npm hands Ctrl+C on to the service, to which the terminal has sent it already: what comes so soon is the same one. */
const SAME_MS = 500;

export function holdSignals(): StartSignals {
  const controller = new AbortController();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  const giveUp = (signal: NodeJS.Signals): void => {
    const reason = new Error(`${signal} before the start was complete`);
    controller.abort(reason);
    stopped.reject(reason);
  };
  let remembered = false;
  let reload = (): void => {
    remembered = true;
  };
  let ended: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  let stop = giveUp;
  let stopAtOnce = (_: NodeJS.Signals): void => undefined;
  const end = (signal: NodeJS.Signals): void => {
    if (ended === undefined) {
      ended = { signal, at: performance.now() };
      stop(signal);
    } else if (performance.now() - ended.at >= SAME_MS) stopAtOnce(signal);
  };
  // They stay for as long as the process: without one for a moment, a signal that comes then would kill it.
  for (const name of ENDS) process.on(name, end);
  process.on('SIGHUP', () => (hasLostTerminal() ? process.kill(process.pid, 'SIGTERM') : reload()));
  return {
    stopping: controller.signal,
    unlessStopped: (work) => Promise.race([stopped.promise, work]),
    started(next) {
      ({ reload, stop, stopAtOnce } = next);
      if (ended !== undefined) stop(ended.signal);
      else if (remembered) reload();
    },
  };
}

/** A terminal that was closed sends the same signal as somebody who asks for a reload. */
function hasLostTerminal(): boolean {
  if (!process.stdout.isTTY) return false;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}
