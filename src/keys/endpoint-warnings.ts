// What there is to say about the endpoint of a key that was just saved.
import { type EndpointAddresses, NOT_CONFIRMED } from '../providers/endpoint-addresses.ts';
import { didYouMean, meantEndpoint } from '../providers/endpoint-hint.ts';
import type { CheckEndpoint } from './key-endpoint.ts';

const ON_THIS_MACHINE =
  'This endpoint is on the machine of the service itself. That is allowed in the embedded default only: with Keycloak, an endpoint must be https and public, or listed by an operator in CUSTOM_ENDPOINT_ALLOW and CUSTOM_ENDPOINT_PORTS.';

/** @returns sentences for the person. */
export async function endpointWarnings(
  userId: string,
  endpoint: string | undefined,
  checkEndpoint: CheckEndpoint,
  addresses: Pick<EndpointAddresses, 'confirm'>,
): Promise<string[]> {
  if (endpoint === undefined) return [];
  const meant = meantEndpoint(endpoint);
  const check = checkEndpoint(endpoint);
  return [
    ...(meant === undefined ? [] : [didYouMean(meant)]),
    ...(check.ok && check.local ? [ON_THIS_MACHINE] : []),
    ...((await addresses.confirm(endpoint, userId)) ? [] : [NOT_CONFIRMED]),
  ];
}
