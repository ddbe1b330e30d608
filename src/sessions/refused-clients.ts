// Clients whose users' tokens are refused for the client's name alone: an operator has to hear of them, and nobody may fill
// a log or a table with their names.

export interface RefusedClient {
  readonly clientId: string;
  readonly lastSeenAt: Date;
}

export interface RefusedClientStore {
  /** Keeps the newest time of each name, of a hundred names at most. */
  note(clientId: string): Promise<void>;
  /** Those of the last thirty days, newest first. */
  list(): Promise<RefusedClient[]>;
}

interface RefusedClientsOptions {
  store: Pick<RefusedClientStore, 'note'>;
  log: { warn(details: object, message: string): void };
}

const HOUR_MS = 3_600_000;
/** Names kept in all, and lines an hour. */
export const MOST_REFUSED_CLIENTS = 100;
const MAX_LENGTH = 255;

/** @returns what to call with the `azp` of each such token: a line and a row for each name once an hour. */
export function createRefusedClients({ store, log }: RefusedClientsOptions): (azp: string) => void {
  const saidAt = new Map<string, number>();
  return (azp) => {
    const clientId = azp.slice(0, MAX_LENGTH);
    const now = Date.now();
    for (const [name, at] of saidAt) if (now - at >= HOUR_MS) saidAt.delete(name);
    if (saidAt.has(clientId) || saidAt.size >= MOST_REFUSED_CLIENTS) return;
    saidAt.set(clientId, now);
    log.warn(
      { client: clientId },
      'refused a token that names this service, for the client it was made for: where its users are to call this service with it, add the client to KEYCLOAK_ALLOWED_CLIENTS',
    );
    // The line is there; the row is for `byok doctor`.
    store.note(clientId).catch(() => undefined);
  };
}
