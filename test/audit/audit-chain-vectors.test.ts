// A chain that was written once must verify for ever. The vectors were checked against another implementation.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type AuditRow, anchorOf, createAuditChain, OLD_GENESIS } from '../../src/audit/audit-chain.ts';

interface StoredRow extends Omit<AuditRow, 'at' | 'salt'> {
  readonly at: string;
  readonly salt: string | null;
  readonly anchor: string;
}

const file = new URL('../fixtures/audit-chain/vectors.json', import.meta.url);
const fixture = JSON.parse(readFileSync(file, 'utf8')) as { masterKeys: string[]; rows: StoredRow[] };
const masterKeys = fixture.masterKeys.map((key) => Buffer.from(key, 'base64url'));
const chain = createAuditChain(masterKeys);
const rows = fixture.rows.map(({ anchor: _, ...row }): AuditRow => {
  return { ...row, at: new Date(row.at), salt: row.salt === null ? null : Buffer.from(row.salt, 'base64url') };
});
const before = (index: number) => rows[index - 1] ?? OLD_GENESIS;

it('every row stands behind the one before it, over a change of the master key', () => {
  expect(rows.map((row, index) => chain.flawOf(row, before(index)))).toEqual(rows.map(() => undefined));
  expect(new Set(rows.map(({ keyId }) => keyId))).toEqual(new Set(chain.keyIds));
});

it('what is published of a row is what was published of it then', () => {
  expect(rows.map(anchorOf)).toEqual(fixture.rows.map(({ anchor }) => anchor));
});

it('a row with nothing personal, and so without a random salt, is made again byte for byte', () => {
  const writers = [masterKeys, masterKeys.toReversed()].map((keys) => createAuditChain(keys));
  const bare = rows.filter(({ commitment }) => commitment === null);
  expect(bare).toHaveLength(2);
  for (const row of bare) {
    const writer = writers.find(({ keyIds: [newest] }) => newest === row.keyId);
    expect(writer?.extend(before(row.seq - 1), row, row.at)).toEqual(row);
  }
});
