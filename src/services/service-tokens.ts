// What an operator does with service tokens: make one, see them, take one back.
import { hash } from 'node:crypto';
import type { AuditAction, AuditEvent, AuditLog } from '../audit/audit-log.ts';
import type { ServiceScope } from '../shared/service-scopes.ts';
import { newServiceToken } from './service-caller.ts';
import type { ServiceToken, ServiceTokenStore } from './service-token-store.ts';

interface ServiceTokensDeps {
  store: ServiceTokenStore;
  audit: AuditLog;
  /** Who is at the command line. */
  operator: string;
  now?: () => Date;
}

export interface ServiceTokenRequest {
  readonly name: string;
  readonly scopes: readonly ServiceScope[];
  readonly providers: readonly string[] | undefined;
  readonly expiresAt: Date;
}

export type ServiceTokens = ReturnType<typeof createServiceTokens>;

export function createServiceTokens({ store, audit, operator, now = () => new Date() }: ServiceTokensDeps) {
  const append = (action: AuditAction, event: Pick<AuditEvent, 'outcome' | 'reason' | 'details'>): Promise<void> =>
    audit.append({ action, actor: { kind: 'operator', id: operator }, ...event });
  return {
    /** @returns the token, which is shown this once; undefined where the name is taken. */
    async create({ name, scopes, providers, expiresAt }: ServiceTokenRequest): Promise<string | undefined> {
      const token = newServiceToken();
      const createdAt = now();
      const stored = await store.create({
        name,
        scopes,
        providers,
        createdAt,
        expiresAt,
        tokenHash: tokenHashOf(token),
      });
      if (!stored) {
        await append('service_token.create', { outcome: 'refused', reason: 'name_taken', details: { name } });
        return undefined;
      }
      try {
        await append('service_token.create', { outcome: 'ok', details: { name, scopes: scopes.join(' ') } });
      } catch (error) {
        // Nobody has seen it yet, and nobody shall.
        await store.revoke(name, now());
        throw error;
      }
      return token;
    },
    list: (): Promise<ServiceToken[]> => store.list(),
    /** @returns false where there was none of this name to revoke. */
    async revoke(name: string): Promise<boolean> {
      // Taking a right away never waits for the audit log.
      const revoked = await store.revoke(name, now());
      if (revoked) await append('service_token.revoke', { outcome: 'ok', details: { name } });
      return revoked;
    },
  };
}

export const tokenHashOf = (token: string): string => hash('sha256', token, 'hex');

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 3650;

/**
 * When a token ends: `90d` from now, or the end of a day in UTC such as `2027-01-31`.
 * @returns undefined for anything else, and for what is not in the future or more than ten years away.
 */
export function parseExpiry(text: string, now: Date): Date | undefined {
  const days = /^([1-9]\d{0,3})d$/.exec(text)?.[1];
  const time = days === undefined ? endOfDay(text) : now.getTime() + Number(days) * DAY_MS;
  if (time === undefined || time <= now.getTime() || time > now.getTime() + LONGEST_DAYS * DAY_MS) return undefined;
  return new Date(time);
}

function endOfDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const start = Date.parse(`${text}T00:00:00Z`);
  // Date.parse would take February 30 for March 2.
  if (Number.isNaN(start) || !new Date(start).toISOString().startsWith(text)) return undefined;
  return start + DAY_MS - 1;
}
