// JSON logs that cannot carry a key: serializers that pass named fields only, and a scrub over every line.
import { type DestinationStream, type Logger, pino } from 'pino';
import { scrub } from './pino-scrub.ts';

const MAX_CAUSES = 4;

/** Named fields of an error and of its causes; nothing that a library hangs onto it (request bodies, headers). */
export function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: typeof error };
  const { code, cause } = error as Error & { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    // An error of the catalogue says what happened; where in our code it was noticed helps nobody at night.
    ...(depth === 0 && error.stack !== undefined && error.name !== 'ByokError' ? { stack: error.stack } : {}),
    ...(cause !== undefined && depth < MAX_CAUSES ? { cause: serializeError(cause, depth + 1) } : {}),
  };
}

let lastMs = 0;
let lastTime = '';

/** The time of a line, made once a millisecond for all the lines written in it. */
function isoTime(): string {
  const ms = Date.now();
  if (ms !== lastMs) {
    lastMs = ms;
    lastTime = `,"time":"${new Date(ms).toISOString()}"`;
  }
  return lastTime;
}

/** @param destination where lines go; standard output, a write a line, when not given. */
export function createPinoLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // Fastify hands whole requests and replies to the logger: none of their headers or bodies belongs in a log.
    serializers: { err: serializeError, error: serializeError, req: () => undefined, res: () => undefined },
    hooks: { streamWrite: scrub },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
