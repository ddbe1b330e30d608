// Who is asked for the addresses of an endpoint's host.
import { createAddressPolicy } from './address-policy.ts';
import { type ResolveHost, systemResolver } from './host-addresses.ts';
import { createNetworkResolver } from './network-resolver.ts';

interface EndpointHosts {
  readonly allow: readonly string[];
  readonly loopback?: boolean | undefined;
}

/** The system for names that the operator allowed: nobody can add to those. Name servers for all that people name. */
export function createEndpointResolver(
  { allow, loopback }: EndpointHosts,
  network: ResolveHost = createNetworkResolver(),
): ResolveHost {
  const policy = createAddressPolicy(allow, { loopback });
  return (hostname) => (policy.allowsHost(hostname) ? systemResolver(hostname) : network(hostname));
}
