// A log in which a master key was changed, in memory, and what is believed of logs.
import { randomBytes } from 'node:crypto';
import { type AuditRow, createAuditChain, OLD_GENESIS } from '../../../src/audit/audit-chain.ts';
import type { AuditDetails } from '../../../src/audit/audit-fields.ts';
import type { LogRules } from '../../../src/audit/audit-rules.ts';
import { believedRules } from '../../../src/audit/master-keys/believed-rules.ts';
import { createRulingRows, evidenceOf } from './ruling-rows.ts';

export const [older, newer, third] = [randomBytes(32), randomBytes(32), randomBytes(32)];
export const chain = createAuditChain([third, newer, older]);
export const [THIRD = '', NEW = '', OLD = ''] = chain.keyIds;
export const only = (...keys: Buffer[]) => createAuditChain(keys);
export const { write, begin, finish, checkpoint } = createRulingRows(chain);
export const inOld = createRulingRows(chain, OLD_GENESIS);
export const under = (counting: readonly string[], retired: readonly string[] = []): LogRules => ({
  counting,
  retired,
  strict: true,
});
export const claiming = (keys: string, retired = ''): AuditDetails => ({ keys, retired });
export const believed = (rows: readonly AuditRow[], used: string | undefined, by = chain) =>
  believedRules(evidenceOf(rows, used), by);
export const rulesOf = (...of: Parameters<typeof believed>) => believed(...of).rules;
export const startOf = (...of: Parameters<typeof believed>) => {
  const { beginning } = believed(...of);
  return beginning === undefined ? 'none' : (beginning.checkpoint?.seq ?? 'first row');
};
/** Without the rows that a prune takes out. */
export const from = (rows: readonly AuditRow[], seq: number) => rows.filter((row) => row.seq >= seq);
export const without = (rows: readonly AuditRow[], ...seqs: readonly number[]) =>
  rows.filter(({ seq }) => !seqs.includes(seq));

export const before = write(write([], OLD), OLD);
export const during = write(begin(before, OLD, NEW), OLD);
/** 1 and 2 old, 3 begun, 4 old, 5 finished, 6 new. */
export const changed = write(finish(during, OLD, NEW), NEW);
