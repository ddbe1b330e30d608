// Sends anchors of the audit chain to an address of the operator's, where this service cannot take them back.

import { request } from 'undici';
import type { AuditAnchor } from './audit-chain.ts';

/** @throws Error where it was not taken within five seconds. */
export async function sendAuditAnchor(url: string, anchor: AuditAnchor): Promise<void> {
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(anchor),
    signal: AbortSignal.timeout(5_000),
  });
  await body.dump();
  if (statusCode >= 300) throw new Error(`the anchor was answered with status ${statusCode}`);
}
