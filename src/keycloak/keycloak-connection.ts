// The pool of sockets to Keycloak: kept alive, bounded in number and in time, certificates always verified.
import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { Agent, type Dispatcher, Dispatcher1Wrapper } from 'undici';

export interface KeycloakConnection extends AsyncDisposable {
  /** For undici's own `request` and `fetch`. */
  readonly dispatcher: Dispatcher;
  /** The same pool as options for Node's built-in `fetch`. A redirect is an error: Keycloak's APIs make none. */
  readonly fetchOptions: RequestInit;
  /** Ends what is in flight after at most `timeoutMs`. Idempotent. */
  close(): Promise<void>;
}

interface KeycloakConnectionOptions {
  /** PEM file of an authority to trust besides the usual ones. */
  readonly caFile: string | undefined;
  /** Longest wait for a connection, for the headers and between two parts of a body. */
  readonly timeoutMs: number;
}

// Keycloak's own default worker pool is far smaller than what a burst of requests could open.
const MAX_SOCKETS = 32;
// A page of 100 users with eight keys each stays below 10 MiB; more than this is not an answer of Keycloak's.
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** @throws Error when `caFile` cannot be read or holds no certificate. */
export function createKeycloakConnection({ caFile, timeoutMs }: KeycloakConnectionOptions): KeycloakConnection {
  const agent = new Agent({
    connections: MAX_SOCKETS,
    keepAliveTimeout: 30_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_ANSWER_BYTES,
    connect: { timeout: timeoutMs, ...(caFile === undefined ? {} : { ca: trustedAuthorities(caFile) }) },
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeWithin(agent, timeoutMs);
    return closing;
  };
  return {
    dispatcher: agent,
    // The built-in fetch comes from an older undici, in handlers and in types: hence the wrapper and the assign.
    fetchOptions: Object.assign<RequestInit, object>(
      { redirect: 'error' },
      { dispatcher: new Dispatcher1Wrapper(agent) },
    ),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function trustedAuthorities(caFile: string): string[] {
  const pem = readFileSync(caFile, 'utf8');
  // Node ignores text without a certificate in it, and every connection would then fail without saying why.
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${caFile} holds no PEM certificate`);
  return [...getCACertificates('default'), pem];
}

async function closeWithin(agent: Agent, timeoutMs: number): Promise<void> {
  const impatient = setTimeout(() => void agent.destroy().catch(() => undefined), timeoutMs);
  try {
    await agent.close();
  } catch {
    // Destroyed while it was closing, which is as closed as it gets.
  } finally {
    clearTimeout(impatient);
  }
}
