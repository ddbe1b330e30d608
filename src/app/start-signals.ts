// What signals mean while the service starts. Nothing but Node is imported here: it has to be in place before the rest is loaded.
import { closeSync, openSync } from 'node:fs';

export interface StartSignals {
  /** Ends the start: SIGTERM or Ctrl+C has come. */
  readonly stopping: AbortSignal;
  /** What the work comes to. @throws the reason of `stopping` as soon as there is one. */
  unlessStopped<T>(work: Promise<T>): Promise<T>;
  /** The start is complete: what SIGHUP does from now on, and at once where it has come before. */
  started(reload: () => void): void;
}

const ENDS = ['SIGTERM', 'SIGINT'] as const;

export function holdSignals(): StartSignals {
  const controller = new AbortController();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  const stop = (signal: NodeJS.Signals): void => {
    const reason = new Error(`${signal} before the start was complete`);
    controller.abort(reason);
    stopped.reject(reason);
  };
  let remembered = false;
  let reload = (): void => {
    remembered = true;
  };
  for (const name of ENDS) process.on(name, stop);
  process.on('SIGHUP', () => (hasLostTerminal() ? process.kill(process.pid, 'SIGTERM') : reload()));
  return {
    stopping: controller.signal,
    unlessStopped: (work) => Promise.race([stopped.promise, work]),
    started(next) {
      for (const name of ENDS) process.off(name, stop);
      reload = next;
      if (remembered) reload();
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
