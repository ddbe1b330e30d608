// One outage of Keycloak's after the other, and what there is to say of each.
import type { KeycloakFailure } from '../keycloak-failures.ts';

/** `over` comes with the last cause. */
export type OutageNews =
  | { readonly kind: 'began' | 'cause'; readonly cause: KeycloakFailure }
  | { readonly kind: 'over'; readonly cause: KeycloakFailure; readonly seconds: number };

export function createOutage() {
  const listeners: ((news: OutageNews) => void)[] = [];
  const told = new Set<string>();
  let now: { readonly since: number; readonly cause: KeycloakFailure } | undefined;
  const tell = (news: OutageNews): void => {
    for (const listener of listeners) listener(news);
  };
  return {
    onNews: (listener: (news: OutageNews) => void): void => void listeners.push(listener),
    /** The latest, while there is an outage. */
    cause: (): KeycloakFailure | undefined => now?.cause,
    /** Tells each kind of cause once, however often they take turns. */
    sees(cause: KeycloakFailure): void {
      const kind = now === undefined ? 'began' : 'cause';
      now = { since: now?.since ?? performance.now(), cause };
      if (told.has(cause.outcome)) return;
      told.add(cause.outcome);
      tell({ kind, cause });
    },
    ends(): void {
      if (now === undefined) return;
      tell({ kind: 'over', cause: now.cause, seconds: Math.round((performance.now() - now.since) / 1000) });
      now = undefined;
      told.clear();
    },
  };
}
