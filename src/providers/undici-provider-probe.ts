// Asks providers about keys over undici. Two agents: the provider table's own hosts may be redirected by the operator,
// and what is allowed for those must not become allowed for endpoints that users name.
import { readFileSync } from 'node:fs';
import { type Agent, request } from 'undici';
import { createAddressPolicy } from './address-policy.ts';
import { checkEndpoint } from './endpoint-policy.ts';
import { junkKeyLike } from './junk-key.ts';
import { type ProbeAnswer, readAnswer, readComparison, type Verdict } from './probe-reading.ts';
import type { ProbeResult, ProviderProbe } from './provider-probe.ts';
import type { ProbeRow, Provider } from './provider-table.ts';
import { createGuardedAgent, type GuardedAgentOptions } from './undici-guarded-agent.ts';
import { readFailure } from './undici-probe-failure.ts';

/** Enough for every body that must be read whole; model lists may be longer and are read this far. */
const MAX_BODY_BYTES = 256 * 1024;
const LEADS_NOWHERE: ReadonlySet<number> = new Set([400, 404, 405, 410]);

export interface UndiciProviderProbeOptions {
  /** For a whole probe: name look-up, connection, every request and answer. */
  readonly timeoutMs: number;
  /** Ports that stored endpoints may use. */
  readonly ports: readonly number[];
  /** Host names, addresses and CIDR ranges that stored endpoints may lead to in spite of being private. */
  readonly allow: readonly string[];
  /** PEM file of one more authority to trust. */
  readonly caFile?: string | undefined;
  /** Provider id → API address in place of the table's. The operator's word: its host may be private. */
  readonly apiUrls: ReadonlyMap<string, string>;
  readonly resolve?: GuardedAgentOptions['resolve'];
}

interface Agents {
  /** For the provider table's hosts, which the operator may have moved inside. */
  readonly own: Agent;
  /** For endpoints that users name. */
  readonly endpoint: Agent;
}

interface Target {
  /** Without a slash at the end. */
  readonly base: string;
  readonly agent: Agent;
  /** How the person knows whom is asked. */
  readonly name: string;
  /** A host that a user chose may answer anyone, so its yes needs a second question. */
  readonly trusted: boolean;
}

interface Question {
  readonly target: Target;
  readonly row: ProbeRow;
  readonly path: string;
  readonly key: string;
  readonly signal: AbortSignal;
}

/** @throws TypeError or a file error for an `allow` entry or a `caFile` that cannot be used. */
export function createUndiciProviderProbe(options: UndiciProviderProbeOptions): ProviderProbe {
  const agents = createAgents(options);
  const targetOf = createTargetFinder(options, agents);
  return {
    async probe({ provider, key, endpoint }) {
      if (!/^[\x21-\x7e]+$/.test(key))
        return unsent('invalid', 'bad_key', 'The key contains characters that no key can have; add it again.');
      const target = targetOf(provider, endpoint);
      if ('status' in target) return target;
      const signal = AbortSignal.timeout(options.timeoutMs);
      try {
        return toResult(await judge(target, provider, key, signal));
      } catch (error) {
        return readFailure(target.name, error);
      }
    },
    async close() {
      // Ends the requests in flight too.
      await Promise.all([agents.own.destroy(), agents.endpoint.destroy()]);
    },
  };
}

function createAgents({ timeoutMs, allow, caFile, apiUrls, resolve }: UndiciProviderProbeOptions): Agents {
  const extraCa = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
  const operatorHosts = [...apiUrls.values()].map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''));
  const agentFor = (allowed: readonly string[]): Agent =>
    createGuardedAgent({ policy: createAddressPolicy(allowed), connectTimeoutMs: timeoutMs, extraCa, resolve });
  return { own: agentFor([...allow, ...operatorHosts]), endpoint: agentFor(allow) };
}

function createTargetFinder({ ports, allow, apiUrls }: UndiciProviderProbeOptions, agents: Agents) {
  return (provider: Provider, endpoint: string | undefined): Target | ProbeResult => {
    const own = withoutSlash(apiUrls.get(provider.id) ?? provider.probe.apiUrl ?? undefined);
    if (own !== undefined && (endpoint === undefined || withoutSlash(endpoint) === own))
      return { base: own, agent: agents.own, name: provider.name, trusted: true };
    if (endpoint === undefined)
      return unsent('unknown', 'cannot_verify', 'No endpoint is stored with this key, so it cannot be tested.');
    const check = checkEndpoint(endpoint, { ports, allow });
    if (!check.ok) return unsent('error', 'refused_address', check.reason);
    return { base: check.url, agent: agents.endpoint, name: 'The endpoint', trusted: false };
  };
}

const withoutSlash = (url: string | undefined): string | undefined => url?.replace(/\/+$/, '');

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

async function judge(target: Target, provider: Provider, key: string, signal: AbortSignal): Promise<Verdict> {
  const row = provider.probe;
  let question: Question = { target, row, path: row.path, key, signal };
  let answer = await ask(question);
  if (row.fallbackPath !== undefined && LEADS_NOWHERE.has(answer.statusCode)) {
    const second = { ...question, path: row.fallbackPath };
    const found = await ask(second);
    if (!LEADS_NOWHERE.has(found.statusCode)) [question, answer] = [second, found];
  }
  const verdict = readAnswer(target.name, row, answer);
  const doubtful = verdict.doubtful || (!target.trusted && verdict.status === 'valid');
  if (!doubtful) return verdict;
  // The first question was answered: whatever goes wrong with the second, the verdict is "unknown" and no error.
  const junk = await ask({ ...question, key: junkKeyLike(key, provider.prefix) }).catch(() => undefined);
  return readComparison(target.name, row, verdict, junk);
}

async function ask({ target, row, path, key, signal }: Question): Promise<ProbeAnswer> {
  const { statusCode, body } = await request(`${target.base}${path}`, {
    dispatcher: target.agent,
    method: row.method,
    headers: {
      accept: 'application/json',
      'user-agent': 'ops-center-byok',
      ...(row.auth === 'bearer' ? { authorization: `Bearer ${key}` } : { 'x-api-key': key }),
      ...row.headers,
    },
    signal,
  });
  return { statusCode, ...(await readBeginning(body)) };
}

async function readBeginning(body: AsyncIterable<Uint8Array>): Promise<Pick<ProbeAnswer, 'text' | 'truncated'>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop ends the connection: the rest is not waited for.
    if (length >= MAX_BODY_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString('utf8');
  return { text, truncated: length >= MAX_BODY_BYTES };
}
