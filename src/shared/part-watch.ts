// Tries a part that the service needs again and again, so that a question about its state has the answer without trying it.
import type { PartFault } from './part-fault.ts';
import { createPeriodic } from './periodic.ts';
import { within } from './timeouts.ts';

export interface PartWatch {
  /** What the last attempt met; undefined where it worked, or none was made yet. */
  fault(): PartFault | undefined;
  /** Tries it now, or waits for the attempt under way. Never rejects. */
  look(): Promise<PartFault | undefined>;
  start(): void;
  /** Nothing is told any more; the attempt under way ends by itself. */
  stop(): void;
}

interface PartWatchOptions {
  /** Does what the service does, and leaves nothing behind. */
  readonly attempt: () => Promise<void>;
  readonly faultOf: (error: unknown) => PartFault;
  /** Told once of each fault, and again where it becomes another one. */
  readonly onFault?: (fault: PartFault) => void;
  readonly onRecovered?: () => void;
}

const EVERY_MS = 5_000;
/** Longest wait for one attempt. What it began has limits of its own. */
const ATTEMPT_MS = 8_000;

export function createPartWatch({ attempt, faultOf, onFault, onRecovered }: PartWatchOptions): PartWatch {
  let fault: PartFault | undefined;
  let isOver = false;
  const late = (): Error => new Error(`no answer within ${ATTEMPT_MS / 1000} seconds`);

  const run = async (): Promise<void> => {
    const found = await within(ATTEMPT_MS, attempt, late, { ref: false }).then(() => undefined, faultOf);
    if (isOver) return;
    const before = fault;
    fault = found;
    if (found !== undefined && found.word !== before?.word) onFault?.(found);
    if (found === undefined && before !== undefined) onRecovered?.();
  };
  const looking = createPeriodic({ run, rhythm: { everyMs: EVERY_MS } });
  return {
    fault: () => fault,
    async look() {
      await looking.runNow();
      return fault;
    },
    start: looking.start,
    stop() {
      isOver = true;
      void looking.stop();
    },
  };
}
