// What somebody with two retired keys, who may add rows to the audit log, might write into it.
import { randomBytes } from 'node:crypto';
import { type AuditRow, type ChainHead, createAuditChain, GENESIS } from '../../../src/audit/audit-chain.ts';
import type { AuditDetails } from '../../../src/audit/audit-fields.ts';
import type { AuditAction } from '../../../src/audit/audit-log.ts';
import { createRulingRows } from './ruling-rows.ts';

export const [oldest, older, newer] = [randomBytes(32), randomBytes(32), randomBytes(32)];
export const thief = createAuditChain([older, oldest]);
export const [OLD = '', OLDEST = ''] = thief.keyIds;
export const [NEW = ''] = createAuditChain([newer]).keyIds;

interface Forgery {
  readonly action: AuditAction;
  readonly details: AuditDetails;
  readonly vouchers?: readonly string[];
}
export interface Log {
  readonly head: ChainHead;
  /** As they were before any of them was pruned. */
  readonly rows: readonly AuditRow[];
}
const checkpoint = ({ seq, mac }: ChainHead, details: AuditDetails, vouchers: readonly string[] = []): Forgery => ({
  action: 'audit.checkpoint',
  details: { pruned_to: seq, pruned_mac: mac, ...details },
  vouchers,
});
const plain = (action: AuditAction, details: AuditDetails, vouchers: readonly string[] = []): Forgery => ({
  action,
  details,
  vouchers,
});
/** Rows of the retired key, one behind the other. */
export const forge = (head: ChainHead, ...forgeries: readonly Forgery[]): AuditRow[] => {
  const { rule } = createRulingRows(thief, head);
  return forgeries.reduce<AuditRow[]>((rows, forgery) => rule(rows, { ...forgery, by: OLD }), []);
};
const claiming = (keys: string, retired = ''): AuditDetails => ({ keys, retired });
const at = (seq: number): ChainHead => ({ seq, mac: 'made up' });

export const FORGERIES: readonly (readonly [string, (log: Log) => readonly AuditRow[]])[] = [
  ['a checkpoint that says the retired key counts', ({ head }) => forge(head, checkpoint(head, claiming(OLD)))],
  ['one that says both do', ({ head }) => forge(head, checkpoint(head, claiming(`${OLD} ${NEW}`)))],
  ['the same, the other way round', ({ head }) => forge(head, checkpoint(head, claiming(`${NEW} ${OLD}`)))],
  ['one that retires the new key', ({ head }) => forge(head, checkpoint(head, claiming(OLD, NEW)))],
  ['one that retires nothing', ({ head }) => forge(head, checkpoint(head, claiming(NEW)))],
  [
    'one that two retired keys speak for',
    ({ head }) => forge(head, checkpoint(head, claiming(`${OLDEST} ${OLD}`), [OLDEST])),
  ],
  ['one with a key that nobody has', ({ head }) => forge(head, checkpoint(head, claiming(`${OLD} 0123456789ab`)))],
  ['one that says nothing of keys', ({ head }) => forge(head, checkpoint(head, {}))],
  [
    'one of an old log, and its format',
    ({ head }) => forge(head, checkpoint(head, {}), plain('audit.format', { version: 2, keys: OLD, erased: '' })),
  ],
  [
    'one that lies about what it follows',
    ({ head }) => forge(head, checkpoint({ ...head, mac: 'made up' }, claiming(OLD))),
  ],
  ['one about a row that is to come', ({ head }) => forge(head, checkpoint(at(head.seq + 900), claiming(OLD)))],
  ...[1, 2, 4, 6, 8].map((seq): (typeof FORGERIES)[number] => [
    `one about row ${seq}`,
    ({ head, rows }) => forge(head, checkpoint(rows[seq - 1] ?? head, claiming(OLD))),
  ]),
  ['the beginning of a change', ({ head }) => forge(head, plain('master_key.begun', { from: NEW, to: OLD }))],
  [
    'the beginning of one from another retired key',
    ({ head }) => forge(head, plain('master_key.begun', { from: OLDEST, to: OLD }, [OLDEST])),
  ],
  ['the end of one', ({ head }) => forge(head, plain('master_key.finished', { from: NEW, to: OLD }))],
  ['the format of an old log', ({ head }) => forge(head, plain('audit.format', { version: 2, keys: OLD, erased: '' }))],
  ['a restore', ({ head }) => forge(head, plain('audit.restored', { after: 1, lost: `9:${'0'.repeat(64)}` }))],
  ['an erasure', ({ head }) => forge(head, plain('audit.erase', { rows: 1, seqs: '1' }))],
  [
    'a checkpoint, the beginning and the end',
    ({ head }) =>
      forge(
        head,
        checkpoint(head, claiming(OLD)),
        plain('master_key.begun', { from: NEW, to: OLD }),
        plain('master_key.finished', { from: NEW, to: OLD }),
        checkpoint(head, claiming(OLD)),
      ),
  ],
  ['a checkpoint behind a gap', () => forge(at(5_000), checkpoint(at(5_000), claiming(OLD)))],
  [
    'two rows behind a gap',
    () =>
      forge(
        at(5_000),
        plain('key.add', {}),
        checkpoint(at(5_000), claiming(OLD)),
        checkpoint(at(5_001), claiming(OLD)),
      ),
  ],
  ['a checkpoint before all', () => forge(at(-9), checkpoint(at(-10), claiming(OLD)))],
  ['one as row 0', () => forge(at(-1), checkpoint(at(-1), claiming(OLD)))],
];

/** Where rows were pruned there is room before the first one. */
export const BEFORE_THE_FIRST: typeof FORGERIES = [
  ['a first row', () => forge(GENESIS, plain('key.add', {}))],
  [
    'a first row that begins a change',
    () => forge(GENESIS, plain('master_key.begun', { from: OLDEST, to: OLD }, [OLDEST])),
  ],
  ['a checkpoint before the first row', () => forge(at(3), checkpoint(at(3), claiming(OLD)))],
  [
    'the same, with an older retired key that counts',
    () => forge(at(3), checkpoint(at(3), claiming(OLDEST), [OLDEST])),
  ],
  [
    'rows that were pruned, and a checkpoint behind them',
    ({ rows, head }) => [...rows.slice(0, 5), ...forge(head, checkpoint(rows[4] ?? head, claiming(OLD)))],
  ],
  [
    'all rows that were pruned but the first',
    ({ rows, head }) => [
      ...rows.slice(1).filter(({ seq }) => seq <= 9),
      ...forge(head, checkpoint(head, claiming(OLD))),
    ],
  ],
  [
    'something in the place of the last row that was pruned',
    ({ rows, head }) => [
      ...forge(at(8), plain('key.add', {})).map((row) => ({ ...row, mac: rows[8]?.mac ?? '' })),
      ...forge(head, checkpoint(head, claiming(OLD))),
    ],
  ],
  [
    'the last two, a first one, and a checkpoint',
    ({ rows, head }) => [
      ...forge(GENESIS, plain('key.add', {})),
      ...rows.slice(7, 9),
      ...forge(head, checkpoint(head, claiming(OLD))),
    ],
  ],
];
