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

/**
 * Where the service's lines go: a file descriptor or a file. Written in pieces of 4 KiB, at the latest after half a
 * second and at the end of the process; a write a line would cost more than making the line.
 */
export const createLogDestination = (dest: number | string): DestinationStream =>
  pino.destination({ dest, sync: false, minLength: 4096, periodicFlush: 500, mkdir: true });

/** @param destination where lines go; standard output, a write a line, when not given. */
export function createPinoLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    // Fastify hands whole requests and replies to the logger: none of their headers or bodies belongs in a log.
    serializers: { err: serializeError, error: serializeError, req: () => undefined, res: () => undefined },
    hooks: { streamWrite: scrub },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
