// Where the service's log lines go: a file descriptor, in pieces of many lines.
import { pino } from 'pino';
import { createPeriodic } from '../shared/periodic.ts';

/** Characters. */
const PIECE = 16 * 1024;
const LONGEST_WAIT_MS = 500;

/**
 * Passes lines on by the piece, at the latest after half a second and at the end of the process: a write a line costs
 * more than making the line. pino's own destination gathers lines as well, but measures all of them again for each.
 */
export function createLogDestination(fd: number): { write(line: string): void } {
  // In step: a write by another thread may still be waiting when the end of the process writes the rest past it.
  const destination = pino.destination({ dest: fd, sync: true });
  let piece = '';
  const pass = (): void => {
    if (piece === '') return;
    const lines = piece;
    piece = '';
    destination.write(lines);
  };
  createPeriodic({ run: pass, rhythm: { everyMs: LONGEST_WAIT_MS } }).start();
  // Before pino's own listener, which writes out what has been passed on.
  process.prependListener('exit', pass);
  return {
    write(line) {
      piece += line;
      if (piece.length >= PIECE) pass();
    },
  };
}
