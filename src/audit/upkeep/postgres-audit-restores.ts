// Records that the log was restored from a backup: which anchors of rows are of rows that are lost since.
import type { Kysely } from 'kysely';
import type { Schema } from '../../database/database-schema.ts';
import { StartupProblem } from '../../shared/errors.ts';
import { lostAnchorsText } from '../audit-anchor-check.ts';
import type { AuditAnchor, AuditChain } from '../audit-chain.ts';
import { auditFields } from '../audit-fields.ts';
import type { AuditActor } from '../audit-log.ts';
import { appendAuditRows, lockAuditChain, readAuditHead } from '../postgres-audit-rows.ts';
import { createPostgresAuditTrail } from '../postgres-audit-trail.ts';
import { AuditFlawProblem } from './postgres-whole-audit.ts';

export interface LostRows {
  /** Rows after this one … */
  readonly after: number;
  /** … up to this one. */
  readonly to: number;
  readonly anchors: number;
}

/** Anchors that one row of the log names. */
const NAMED = 50;

/**
 * Every lost anchor is named with its hash: what is recorded excuses those and no other. It is a row of the chain, so it takes
 * the encryption key, and verification shows it each time.
 * @returns what was lost, which a dry run only finds out. Undefined: every anchor fits.
 * @throws StartupProblem where something else is wrong with the log.
 */
export async function recordRestore(
  db: Kysely<Schema>,
  chain: AuditChain,
  anchors: readonly AuditAnchor[],
  { dryRun, actor }: { readonly dryRun: boolean; readonly actor: AuditActor },
): Promise<LostRows | undefined> {
  const trail = createPostgresAuditTrail(db, chain);
  const { firstBad } = await trail.verify([]);
  if (firstBad !== undefined)
    throw new StartupProblem(
      'The audit log has a flaw that no restore explains: `byok audit verify` names it. Nothing was recorded.',
    );
  const { unexplained, firstBad: anchorFlaw } = await trail.verify(anchors);
  // No restore brings young rows behind a checkpoint.
  if (anchorFlaw?.reason === 'pruned') throw new AuditFlawProblem(anchorFlaw);
  if (unexplained.length === 0) return undefined;
  const lost = unexplained.toSorted((a, b) => a.seq - b.seq);
  return await db.transaction().execute(async (trx) => {
    await lockAuditChain(trx);
    const head = await readAuditHead(trx);
    const first = lost[0]?.seq ?? 0;
    // Where the service has written since, nobody knows where its rows begin: the last anchor that fits is the last certain one.
    const after = head.seq < first ? head.seq : lastFitting(anchors, lost, first);
    if (!dryRun) {
      const fields = auditFields({ action: 'audit.restored', outcome: 'ok', actor });
      const parts = Array.from({ length: Math.ceil(lost.length / NAMED) }, (_, part) =>
        lost.slice(part * NAMED, (part + 1) * NAMED),
      );
      const news = parts.map((part) => ({ ...fields, details: { after, lost: lostAnchorsText(part) } }));
      await appendAuditRows(
        trx,
        chain,
        news.map((one) => ({ fields: one, at: new Date() })),
      );
    }
    return { after, to: lost.at(-1)?.seq ?? first, anchors: lost.length };
  });
}

const lastFitting = (anchors: readonly AuditAnchor[], lost: readonly AuditAnchor[], before: number): number =>
  Math.max(0, ...anchors.filter((one) => one.seq < before && !lost.includes(one)).map(({ seq }) => seq));
