// The connections to providers, over undici. Two agents: the provider table's own hosts may be moved by the operator,
// and what is allowed for those must not become allowed for endpoints that users name.
import { readFileSync } from 'node:fs';
import type { Agent } from 'undici';
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts';
import { createEndpointResolver } from './endpoint-resolver.ts';
import { type ResolveHost, systemResolver } from './host-addresses.ts';
import type { CallTarget } from './provider-call.ts';
import { createGuardedAgent, type GuardedAgentOptions } from './undici-guarded-agent.ts';

export interface ProviderAgentsOptions extends Pick<GuardedAgentOptions, 'connectTimeoutMs'> {
  /** For hosts that users choose. */
  readonly endpointConnectMs: number;
  /** Host names, addresses and CIDR ranges that both may lead to in spite of being private. */
  readonly allow: readonly string[];
  /** This machine by its own names, for endpoints. */
  readonly loopback?: boolean | undefined;
  /** PEM file of one more authority to trust. */
  readonly caFile?: string | undefined;
  /** Provider id → API URL in place of the table's. */
  readonly apiUrls: ReadonlyMap<string, string>;
  /** In place of the resolvers of both. */
  readonly resolve?: ResolveHost | undefined;
}

export interface ProviderAgents {
  agentFor(target: CallTarget): Agent;
  /** Ends the requests in flight too. */
  close(): Promise<void>;
}

/** @throws TypeError or a file error for an `allow` entry or a `caFile` that cannot be used. */
export function createProviderAgents(options: ProviderAgentsOptions): ProviderAgents {
  const { connectTimeoutMs, endpointConnectMs, allow, loopback, caFile, apiUrls, resolve } = options;
  const extraCa = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
  const operatorHosts = [...apiUrls.values()].map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''));
  const agentFor = (policy: AddressPolicy, limitMs: number, usual: ResolveHost): Agent =>
    createGuardedAgent({ policy, connectTimeoutMs: limitMs, extraCa, resolve: resolve ?? usual });
  const agents = {
    provider: agentFor(createAddressPolicy([...allow, ...operatorHosts]), connectTimeoutMs, systemResolver),
    endpoint: agentFor(
      createAddressPolicy(allow, { loopback }),
      endpointConnectMs,
      createEndpointResolver({ allow, loopback }),
    ),
  };
  return {
    agentFor: ({ host }) => agents[host],
    async close() {
      await Promise.all([agents.provider.destroy(), agents.endpoint.destroy()]);
    },
  };
}
