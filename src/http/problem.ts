// Errors on the wire: RFC 9457 problem documents, made from the catalogue.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ByokError, ERRORS, type ErrorCode } from '../shared/errors.ts';
import { bodyTooLarge } from './route-limits.ts';

export const PROBLEM_JSON = 'application/problem+json';

export const problemSchema = z
  .looseObject({
    type: z.string().describe('Where the code is documented.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('One sentence for the person: what is wrong and what to do.'),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]).describe('Stable word for programs.'),
    request_id: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .describe('On validation: each field that is not valid.'),
  })
  .meta({ id: 'Problem' });

const EVERYWHERE: readonly ErrorCode[] = ['invalid_request', 'https_required', 'rate_limited', 'internal', 'not_ready'];

/**
 * Response schemas for the errors that a route can answer with, one entry a status.
 * Those that every route can answer with are added.
 */
export function problemResponses(...codes: ErrorCode[]) {
  const byStatus = new Map<number, string[]>();
  for (const code of new Set([...codes, ...EVERYWHERE])) {
    const { status, title } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `${title} (\`${code}\`)`]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, titles]) => [
      status,
      { description: titles.join(', '), content: { [PROBLEM_JSON]: { schema: problemSchema } } },
    ]),
  );
}

/** Installs the error and not-found handlers: every failure leaves as a problem document. */
export function installProblemHandlers(app: FastifyInstance): void {
  app.setErrorHandler(async (error: FastifyError | ByokError, request, reply) => {
    const known = await countRefusal(problemOf(error, request), request, reply);
    request.problem = known;
    return sendProblem(known, request, reply);
  });
}

/**
 * A request that was refused before anything counted it is counted now: with no route, by the wrong protocol, with a body that
 * is none. @returns the problem, or that there were too many.
 */
export async function countRefusal(known: ByokError, request: FastifyRequest, reply: FastifyReply): Promise<ByokError> {
  const { addressCounted, principal, caller } = request;
  if (addressCounted || principal !== undefined || caller !== undefined || known.code === 'rate_limited') return known;
  try {
    await request.server.limits.address(request, reply);
    return known;
  } catch (error) {
    return error instanceof ByokError ? error : known;
  }
}

export function sendProblem(error: ByokError, request: FastifyRequest, reply: FastifyReply) {
  if (error.retryAfter !== undefined) reply.header('retry-after', Math.ceil(error.retryAfter));
  if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="byok"');
  return reply
    .code(error.status)
    .type(PROBLEM_JSON)
    .header('cache-control', 'no-store')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send({
      type: `urn:byok:error:${error.code}`,
      title: error.title,
      status: error.status,
      detail: error.detail,
      code: error.code,
      request_id: request.id,
      ...error.extras,
    });
}

/** What a failure of this request is answered with. */
export function problemOf(error: FastifyError | ByokError, request: FastifyRequest): ByokError {
  const known = toByokError(error);
  return known.code === 'body_too_large' && known !== error ? bodyTooLarge(request, error) : known;
}

/** What Fastify, a plugin or a handler threw, as an error of the catalogue. */
export function toByokError(error: FastifyError | ByokError | Error): ByokError {
  if (error instanceof ByokError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return validationError(error.validation);
  const { code, statusCode } = error as Partial<FastifyError>;
  const mapped = FASTIFY_CODES.get(code ?? '');
  if (mapped !== undefined) return new ByokError(mapped, { cause: error });
  if (error instanceof SyntaxError && statusCode === 400) return new ByokError('invalid_json');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new ByokError(STATUS_CODES.get(statusCode) ?? 'invalid_request', { cause: error });
  }
  return new ByokError('internal', { reason: 'unexpected error', cause: error });
}

const FASTIFY_CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ['FST_ERR_CTP_INVALID_JSON_BODY', 'invalid_json'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'invalid_json'],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'invalid_request'],
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'body_too_large'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'unsupported_media_type'],
  ['FST_ERR_BAD_URL', 'route_not_found'],
  ['FST_UNDER_PRESSURE', 'not_ready'],
]);

const STATUS_CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [404, 'route_not_found'],
  [408, 'request_timeout'],
  [413, 'body_too_large'],
  [415, 'unsupported_media_type'],
  [429, 'rate_limited'],
]);

interface ZodIssue {
  readonly instancePath: string;
  readonly message?: string | undefined;
}

function validationError(issues: readonly ZodIssue[]): ByokError {
  const errors = issues.map((issue) => ({
    path: issue.instancePath.replace(/^\//, '').replaceAll('/', '.'),
    message: issue.message ?? 'is not valid',
  }));
  if (errors.some(({ message }) => message === ERRORS.invalid_provider.detail))
    return new ByokError('invalid_provider');
  const [first] = errors;
  const detail = first === undefined ? ERRORS.validation_failed.detail : sentence(first.path, first.message);
  return new ByokError('validation_failed', { detail, extras: { errors } });
}

function sentence(path: string, message: string): string {
  // Our own messages go on from the field's name ("must be a string"); the library's stand alone.
  const text = path === '' ? message : `${path}${/^[a-z]/.test(message) ? '' : ':'} ${message}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
