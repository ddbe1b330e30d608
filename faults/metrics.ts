// What a replica says of itself at /metrics.
import type { Replica } from './replica.ts';

/** @returns the state that the replica's breaker is in; undefined where it does not say. */
export async function breakerState({ internalUrl }: Replica): Promise<string | undefined> {
  const text = await fetch(`${internalUrl}/metrics`, { signal: AbortSignal.timeout(2000) })
    .then((answer) => answer.text())
    .catch(() => '');
  return /^byok_keycloak_breaker_state\{[^}]*state="([a-z_]+)"[^}]*\} 1$/m.exec(text)?.[1];
}
