// Asks providers about keys over undici.
import { setTimeout as wait } from 'node:timers/promises';
import { type Agent, type Dispatcher, request } from 'undici';
import { didYouMean, meantEndpoint } from './endpoint-hint.ts';
import { junkKeyLike } from './junk-key.ts';
import { readBeginning } from './probe-body.ts';
import { type Asked, isSuccess, type ProbeAnswer, readAgain, readAnswer, readComparison } from './probe-reading.ts';
import type { Verdict } from './probe-verdicts.ts';
import { type CallRules, type CallTarget, findCallTarget, providerRequest } from './provider-call.ts';
import type { ProbeResult, ProviderProbe } from './provider-probe.ts';
import type { ProbeRow, Provider } from './provider-table.ts';
import type { GuardedAgentOptions } from './undici-guarded-agent.ts';
import { neverConnected, notReached, readFailure } from './undici-probe-failure.ts';
import { createProviderAgents } from './undici-provider-agents.ts';

/** A host that a user chose has this long to be found and connected to, */
const ENDPOINT_CONNECT_MS = 4_000;
/** and this is added, so that running out of time is not told from failing before. */
const ENDPOINT_MARGIN_MS = 500;
const LEADS_NOWHERE: ReadonlySet<number> = new Set([400, 404, 405, 410]);

export interface UndiciProviderProbeOptions extends CallRules {
  /** For a whole probe: name look-up, connection, every request and answer. */
  readonly timeoutMs: number;
  /** PEM file of one more authority to trust. */
  readonly caFile?: string | undefined;
  readonly resolve?: GuardedAgentOptions['resolve'] | undefined;
}

interface Question {
  readonly target: CallTarget;
  readonly agent: Agent;
  readonly row: ProbeRow;
  readonly path: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** @throws TypeError or a file error for an `allow` entry or a `caFile` that cannot be used. */
export function createUndiciProviderProbe(options: UndiciProviderProbeOptions): ProviderProbe {
  const { timeoutMs } = options;
  const endpointConnectMs = Math.min(ENDPOINT_CONNECT_MS, timeoutMs * 0.7);
  const agents = createProviderAgents({ ...options, connectTimeoutMs: timeoutMs, endpointConnectMs });
  const closing = new AbortController();
  /** Every failure to connect to a host that a user chose comes after the same time. */
  const sameTime = async (since: number): Promise<void> => {
    const left = since + endpointConnectMs + Math.min(ENDPOINT_MARGIN_MS, timeoutMs * 0.1) - performance.now();
    await wait(left, undefined, { signal: closing.signal }).catch(() => undefined);
  };
  return {
    async probe({ provider, key, endpoint }) {
      if (!/^[\x21-\x7e]+$/.test(key))
        return unsent('invalid', 'bad_key', 'The key contains characters that no key can have; add it again.');
      const found = findCallTarget(provider, endpoint, options);
      if (!found.ok)
        return found.problem === 'endpoint_refused'
          ? unsent('error', 'refused_address', found.reason)
          : unsent('unknown', 'cannot_verify', 'No endpoint is stored with this key, so it cannot be tested.');
      const { target } = found;
      // How the person knows whom is asked.
      const name = target.host === 'provider' ? provider.name : 'The endpoint';
      const row = provider.probe;
      const since = performance.now();
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const question = { target, agent: agents.agentFor(target), row, path: row.path, key, signal };
        return hinted(toResult(await judge({ name, row, host: target.host }, provider, question)), target);
      } catch (error) {
        if (target.host === 'provider' || !neverConnected(error)) return readFailure(name, error);
        await sameTime(since);
        return notReached(name);
      }
    },
    async close() {
      closing.abort();
      await agents.close();
    },
  };
}

const unsent = (status: ProbeResult['status'], reason: string, message: string): ProbeResult => ({
  status,
  reason,
  message,
  statusCode: undefined,
});

const toResult = ({ status, reason, message, statusCode }: Verdict): ProbeResult => ({
  status,
  reason,
  message,
  statusCode,
});

/** Where something else than the API is, the address may be that of one call. */
function hinted(result: ProbeResult, { host, base }: CallTarget): ProbeResult {
  const meant = host === 'endpoint' && result.status !== 'valid' ? meantEndpoint(base) : undefined;
  return meant === undefined ? result : { ...result, message: `${result.message} ${didYouMean(meant)}` };
}

async function judge(asked: Asked, provider: Provider, first: Question): Promise<Verdict> {
  const { row, key } = first;
  let question = first;
  let answer = await ask(question);
  if (row.fallbackPath !== undefined && LEADS_NOWHERE.has(answer.statusCode)) {
    const second = { ...question, path: row.fallbackPath };
    const found = await ask(second);
    if (!LEADS_NOWHERE.has(found.statusCode)) [question, answer] = [second, found];
  }
  const verdict = readAnswer(asked, answer);
  // A host that a user chose may answer anyone, so its yes needs a second question.
  const doubtful = verdict.doubtful || (asked.host === 'endpoint' && verdict.status === 'valid');
  if (!doubtful) return verdict;
  // The first question was answered: whatever goes wrong with the next, the verdict is "unknown" and no error.
  const junk = await ask({ ...question, key: junkKeyLike(key, provider.prefix) }).catch(() => undefined);
  const compared = readComparison(asked, verdict, junk);
  if (compared.status !== 'valid' || isSuccess(verdict)) return compared;
  return readAgain(asked, compared, verdict, await ask(question).catch(() => undefined));
}

async function ask({ target, agent, row, path, key, signal }: Question): Promise<ProbeAnswer> {
  const { url, headers } = providerRequest(target, path, key);
  const {
    statusCode,
    headers: received,
    body,
  } = await request(url, {
    dispatcher: agent,
    method: row.method,
    headers: { accept: 'application/json', 'user-agent': 'ops-center-byok', ...headers },
    signal,
  });
  const contentType = headerOf(received, 'content-type');
  return { statusCode, contentType, ...(await readBeginning(body, headerOf(received, 'content-encoding'))) };
}

const headerOf = (headers: Dispatcher.ResponseData['headers'], name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
};
