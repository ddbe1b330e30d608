// Work that says something of rows for good: it is done on an audit log that holds, and on no other.
import type { Kysely, Transaction } from 'kysely';
import type { Schema } from '../../database/database-schema.ts';
import { StartupProblem } from '../../shared/errors.ts';
import type { AuditChain } from '../audit-chain.ts';
import { flawSentence } from '../audit-flaw-sentences.ts';
import type { Flaw } from '../audit-verification.ts';
import { type AuditReading, readWholeLog, type SeeRow } from '../postgres-audit-reading.ts';
import { lockAuditChain, lockAuditUpkeep } from '../postgres-audit-rows.ts';

/** The log is not as it was written, so nothing was done. */
export class AuditFlawProblem extends StartupProblem {
  readonly flaw: Flaw;

  constructor(flaw: Flaw) {
    const sentence = flawSentence(flaw);
    super(
      flaw.reason === 'unknown_key'
        ? `The audit log is not as it was written: ${sentence}. Add that key at the end of ENCRYPTION_KEY. No audit row was changed.`
        : `The audit log is not as it was written: ${sentence}. Run \`byok audit verify\`, and put the row back as it was, from a backup. No audit row was changed.`,
    );
    this.flaw = flaw;
  }
}

/** What held when the log was read does not hold any more. Who else writes may be the reason, so it is read again. */
class ChangedMeanwhile extends AuditFlawProblem {}

export const changedMeanwhile = (seq: number): Error => new ChangedMeanwhile({ seq, reason: 'edited' });

const TURNS = 3;

interface WholeOptions<T> {
  /** What gathers from the rows what the work needs; a new one for each reading. */
  readonly gather: () => T;
  /** Flaws with which the work may be done all the same. */
  readonly tolerated?: readonly Flaw['reason'][];
}

/** A log that was read whole, and holds. */
export interface WholeAudit<T> {
  readonly reading: AuditReading;
  readonly gathered: T;
  /**
   * Works under the chain's lock, after the rows that have come since were read too: the log holds up to its last row. The
   * lock is not held while the rest is read, which may take minutes.
   * @param before what takes long and needs no lock of the chain: nobody else does such work at the same time.
   */
  locked<R>(
    work: (trx: Transaction<Schema>) => Promise<R>,
    before?: (trx: Transaction<Schema>) => Promise<void>,
  ): Promise<R>;
}

/** @throws AuditFlawProblem before `work` begins where the log does not hold, and where it ceases to. */
export async function onWholeAudit<T extends { readonly see: SeeRow }, R>(
  db: Kysely<Schema>,
  chain: AuditChain,
  { gather, tolerated = [] }: WholeOptions<T>,
  work: (whole: WholeAudit<T>) => Promise<R>,
): Promise<R> {
  for (let turn = 1; ; turn++) {
    const { reading, verdict, gathered } = await readWholeLog(db, chain, { gather });
    const isFlaw = (flaw: Flaw | undefined): flaw is Flaw => flaw !== undefined && !tolerated.includes(flaw.reason);
    if (isFlaw(verdict.firstBad)) throw new AuditFlawProblem(verdict.firstBad);
    const locked: WholeAudit<T>['locked'] = (toDo, before) =>
      db.transaction().execute(async (trx) => {
        await lockAuditUpkeep(trx);
        await before?.(trx);
        // Most of what has come meanwhile, so that others wait for the rest only.
        await reading.readOn(trx);
        await lockAuditChain(trx);
        await reading.readOn(trx);
        const { firstBad } = reading.verification.verdict();
        if (isFlaw(firstBad)) throw new ChangedMeanwhile(firstBad);
        return await toDo(trx);
      });
    try {
      return await work({ reading, gathered, locked });
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile) || turn === TURNS) throw error;
    }
  }
}
