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

/** What can only happen once an address that is permitted has been connected to, or was this service's own doing. */
const CONNECTED_CODES =
  /^(?:UND_ERR_(?:SOCKET|HEADERS|BODY|RESPONSE|ABORTED|DESTROYED|CLOSED|REQ)|HPE_|ECONNRESET$|EPIPE$|ERR_STREAM)/;

/**
 * Whether there was no connection to the host, for whatever reason. Where a user chose the host all of these read the
 * same: a name that leads inside, one that does not exist, a closed port and a filtered one are not to be told apart.
 */
export function neverConnected(error: unknown): boolean {
  const code = codeOf(error);
  const inTime = error instanceof Error && error.name === 'TimeoutError';
  return !inTime && !TLS_CODES.test(code) && !CONNECTED_CODES.test(code) && !(error instanceof errors.HTTPParserError);
}

/** @param name how the person knows the host that a user chose. */
export const notReached = (name: string): ProbeResult => ({
  status: 'error',
  reason: 'unreachable',
  statusCode: undefined,
  message: `${name} could not be reached: its host name does not resolve, it leads to an address that is not allowed, or nothing answers there. An operator can allow addresses inside the network with CUSTOM_ENDPOINT_ALLOW.`,
});

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
