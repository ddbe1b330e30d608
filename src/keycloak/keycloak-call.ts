// One call of Keycloak's admin API: what is asked for, and how it ended.
import type KeycloakAdminClient from '@keycloak/keycloak-admin-client';
import type { z } from 'zod';

export type CallKind = 'read' | 'write' | 'find' | 'search' | 'profile' | 'list' | 'count' | 'setup' | 'probe';

export interface KeycloakCall {
  readonly kind: CallKind;
  /** `ok`, `status_404`, `timeout`, `unreachable`, `garbage`, `credentials_refused`. */
  readonly outcome: string;
  /** From asking for a token to the answer. */
  readonly seconds: number;
}

export interface CallSpec<T> {
  readonly kind: CallKind;
  /** What is asked for, for the log: "read a user". */
  readonly name: string;
  /** What a right answer looks like. */
  readonly shape: z.ZodType<T>;
  /** What no shape can tell: that it is the answer to this question. */
  readonly fits?: (answer: T) => boolean;
  readonly run: (client: KeycloakAdminClient) => Promise<unknown>;
}
