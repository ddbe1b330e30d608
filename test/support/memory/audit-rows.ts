// Chains of audit rows for tests, made as the service makes them.
import { randomBytes } from 'node:crypto';
import {
  type AuditAnchor,
  type AuditChain,
  type AuditRow,
  type ChainHead,
  createAuditChain,
  GENESIS,
} from '../../../src/audit/audit-chain.ts';
import { auditFields } from '../../../src/audit/audit-fields.ts';
import type { AuditEvent } from '../../../src/audit/audit-log.ts';
import { type AuditVerdict, createAuditVerification } from '../../../src/audit/audit-verification.ts';

export const anEvent = (more: Partial<AuditEvent> = {}): AuditEvent => ({
  action: 'key.add',
  outcome: 'ok',
  actor: { kind: 'user', id: 'ada' },
  subject: 'ada',
  provider: 'openai',
  requestId: 'r-1',
  address: '192.0.2.1',
  details: { version: 2, tier: 'starter' },
  ...more,
});

export const newChain = (): AuditChain => createAuditChain([randomBytes(32)]);

/** Every seventh row has nothing personal, every fifth no details. @param genesis what the first row follows. */
export function chainOf(length: number, chain: AuditChain, genesis: ChainHead = GENESIS): AuditRow[] {
  const rows: AuditRow[] = [];
  for (let number = 1; number <= length; number++) {
    const event = anEvent({
      actor: number % 7 === 0 ? { kind: 'service', id: 'gateway' } : { kind: 'user', id: `user-${number % 4}` },
      subject: number % 7 === 0 ? undefined : `user-${number % 3}`,
      address: number % 7 === 0 ? undefined : '192.0.2.1',
      details: number % 5 === 0 ? undefined : { version: number, tier: 'starter', stored: number % 2 === 0 },
    });
    rows.push(chain.extend(rows.at(-1) ?? genesis, auditFields(event), new Date(1_700_000_000_000 + number)));
  }
  return rows;
}

export function verifyRows(
  rows: readonly AuditRow[],
  options: Omit<Parameters<typeof createAuditVerification>[0], 'anchors'> & { anchors?: readonly AuditAnchor[] },
): AuditVerdict {
  const verification = createAuditVerification(options);
  for (const row of rows) verification.add(row);
  return verification.verdict();
}
