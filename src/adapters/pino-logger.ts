// JSON logs that cannot carry a key: serializers that pass named fields only, and a scrub over every line.
import { type DestinationStream, type Logger, pino } from 'pino';

/** Shapes of secrets: provider keys, Fernet tokens, JWTs, bearer credentials, passwords in URLs. Linear expressions only. */
const SECRETS: readonly [RegExp, string][] = [
  [/\b(?:sk|pk|hf|gsk|pplx|xai|r8|nvapi|co)[-_][A-Za-z0-9_-]{6,}/g, '[secret]'],
  [/\bgAAAA[A-Za-z0-9_-]{16,}={0,2}/g, '[token]'],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g, '[jwt]'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [secret]'],
  [/:\/\/[^/\s:@"]{1,256}:[^/\s@"]{1,256}@/g, '://[secret]@'],
];

export const scrub = (line: string): string => SECRETS.reduce((text, [shape, replacement]) => text.replace(shape, replacement), line);

const MAX_CAUSES = 4;

/** Named fields of an error and of its causes; nothing that a library hangs onto it (request bodies, headers). */
export function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: typeof error };
  const { code, cause } = error as Error & { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === 'string' ? { code } : {}),
    ...(depth === 0 && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(cause !== undefined && depth < MAX_CAUSES ? { cause: serializeError(cause, depth + 1) } : {}),
  };
}

/** @param destination where lines go; standard output when not given. */
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
