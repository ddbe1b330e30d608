// Why a request to a provider got no answer, in the words of the probe. Node's and undici's own messages stay here.
import { errors } from 'undici';
import type { ProbeResult } from './provider-probe.ts';

/** OpenSSL's and Node's names for certificates that do not hold, and for TLS that cannot be agreed on. */
const TLS_CODES =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|EPROTO$)/;
const TIMEOUT_CODES: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

type Failure = Pick<ProbeResult, 'reason' | 'message'>;

/** @param name how the person knows whom was asked. */
export function readFailure(name: string, error: unknown): ProbeResult {
  return { status: 'error', statusCode: undefined, ...explain(name, error) };
}

function explain(name: string, error: unknown): Failure {
  const code = codeOf(error);
  if (code === 'ERR_REFUSED_ADDRESS')
    return {
      reason: 'refused_address',
      message: `${name} leads to an address inside a network, which is not allowed.`,
    };
  if (TIMEOUT_CODES.has(code) || (error instanceof Error && error.name === 'TimeoutError'))
    return { reason: 'timeout', message: `${name} did not answer in time.` };
  if (TLS_CODES.test(code))
    return {
      reason: 'tls',
      message: `${name} could not prove who it is: its TLS certificate or connection is not in order.`,
    };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_NODATA')
    return { reason: 'unreachable', message: `${name} could not be found: its host name does not resolve.` };
  if (error instanceof errors.HTTPParserError || code === 'UND_ERR_HEADERS_OVERFLOW')
    return { reason: 'unexpected_answer', message: `${name} answered with something that is not HTTP.` };
  return { reason: 'unreachable', message: `${name} could not be reached, or broke off the connection.` };
}

/** Where several addresses were tried, the first failure speaks for all. */
function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : '';
}
