import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditRow, anchorOf, GENESIS } from '../../src/audit/audit-chain.ts';
import { auditFields } from '../../src/audit/audit-fields.ts';
import { NO_RULES } from '../../src/audit/audit-rules.ts';
import { anEvent, chainOf, newChain, verifyRows } from '../support/memory/audit-rows.ts';
import { runs } from '../support/proof.ts';

const chain = newChain();
const LENGTH = 60;
const rows = chainOf(LENGTH, chain);
const anchors = [30, 55].map((seq) => ({ seq, head: anchorOf(rows[seq - 1] ?? GENESIS) }));
const at = (index: number): AuditRow => rows[index] as AuditRow;

/** A change of one row that says something else than before. */
const edit = (row: AuditRow, other: AuditRow, text: string): AuditRow[] => {
  const edits: Partial<AuditRow>[] = [
    { at: new Date(row.at.valueOf() + 1) },
    { action: `${row.action}x` },
    { outcome: row.outcome === 'ok' ? 'refused' : 'ok' },
    { reason: row.reason === null ? '' : null },
    { reason: text },
    { provider: row.provider === null ? 'openai' : null },
    { requestId: `${row.requestId}${text}` },
    { details: row.details === null ? { tier: 'x' } : null },
    { details: { ...row.details, tier: `a${text}` } },
    { actorKind: 'operator' },
    { service: row.service === null ? text : null },
    { actorUser: `${row.actorUser}x` },
    { subject: row.subject === null ? 'ada' : null },
    { address: '192.0.2.9' },
    { salt: randomBytes(16) },
    { commitment: row.commitment === null ? other.mac : null },
    { keyId: 'abcdef012345' },
    { mac: other.mac },
    { mac: row.mac.toLowerCase() === row.mac ? 'x' : row.mac.toLowerCase() },
    // The fields of one person in the row of another.
    { actorUser: other.actorUser, subject: other.subject, address: `${other.address}1`, salt: other.salt },
    // An erasure that forgets something.
    { actorUser: null, subject: 'ada', address: null, salt: null },
  ];
  return edits.map((change) => ({ ...row, ...change }));
};

describe('a chain of audit rows', () => {
  it('verifies as it was written, and says how long it is and where it ends', () => {
    expect(verifyRows(rows, { chain, anchors })).toMatchObject({
      rows: LENGTH,
      firstBad: undefined,
      head: { seq: LENGTH, head: anchorOf(at(LENGTH - 1)) },
      anchors: { fit: 2, lost: 0, pruned: 0 },
      strict: true,
    });
    expect(verifyRows([], { chain })).toMatchObject({ rows: 0, firstBad: undefined, head: undefined });
  });

  it('names the first bad row of random edits, deletions, swaps and truncations past an anchor', () => {
    const drawn = runs({ sample: 100, proof: 1_000 });
    const index = fc.integer({ min: 0, max: LENGTH - 1 });
    const kinds = { edit: 0, delete: 0, swap: 0, truncate: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom('edit', 'delete', 'swap', 'truncate'),
        index,
        index,
        fc.nat(20),
        fc.string({ minLength: 1, maxLength: 8 }),
        (kind, one, two, way, text) => {
          kinds[kind as keyof typeof kinds] += 1;
          const low = Math.min(one, two === one ? (one + 1) % LENGTH : two);
          const high = Math.max(one, two === one ? (one + 1) % LENGTH : two);
          const changed = [...rows];
          if (kind === 'edit') {
            const changes = edit(at(one), at((one + 1) % LENGTH), text);
            changed[one] = changes[way % changes.length] as AuditRow;
            const { firstBad } = verifyRows(changed, { chain, anchors });
            expect(firstBad).toEqual({ seq: one + 1, reason: expect.stringMatching(/^(edited|unknown_key)$/) });
          } else if (kind === 'delete') {
            // The last row alone is found by anchors only.
            const seq = Math.min(one, LENGTH - 2) + 1;
            changed.splice(seq - 1, 1);
            expect(verifyRows(changed, { chain }).firstBad).toEqual({ seq, reason: 'missing' });
          } else if (kind === 'swap') {
            changed[low] = { ...at(high), seq: low + 1 };
            changed[high] = { ...at(low), seq: high + 1 };
            const { firstBad } = verifyRows(changed, { chain });
            expect(firstBad?.seq).toBe(low + 1);
          } else {
            const kept = Math.min(one, 54);
            const { firstBad } = verifyRows(rows.slice(0, kept), { chain, anchors });
            expect(firstBad).toEqual({ seq: kept + 1, reason: 'truncated' });
          }
        },
      ),
      drawn,
    );
    expect(Math.min(...Object.values(kinds))).toBeGreaterThan(drawn.numRuns / 10);
  });

  it('says that a row stands in the place of another, in whatever order rows come', () => {
    const moved = [...rows];
    // Row 20 as row 10, and the ones between moved on by one.
    moved.splice(9, 0, ...moved.splice(19, 1));
    const renumbered = moved.map((row, index) => ({ ...row, seq: index + 1 }));
    expect(verifyRows(renumbered, { chain }).firstBad).toEqual({ seq: 10, reason: 'reordered' });
    expect(verifyRows([at(0), at(1), at(1)], { chain }).firstBad).toEqual({ seq: 2, reason: 'reordered' });
  });

  it('finds rows that somebody with the key has written anew, where an anchor is known', () => {
    const again = chainOf(LENGTH, chain);
    expect(verifyRows(again, { chain }).firstBad).toBeUndefined();
    expect(verifyRows(again, { chain, anchors }).firstBad).toEqual({ seq: 30, reason: 'anchor' });
  });

  it('finds rows appended without the key', () => {
    const forged = newChain().extend(at(LENGTH - 1), auditFields(anEvent()), new Date());
    expect(verifyRows([...rows, forged], { chain }).firstBad).toEqual({ seq: 61, reason: 'unknown_key' });
    const disguised = { ...forged, keyId: at(0).keyId };
    expect(verifyRows([...rows, disguised], { chain }).firstBad).toEqual({ seq: 61, reason: 'edited' });
  });

  it('does not mind in which order a database gives the details back, nor a date that is none', () => {
    const { details } = at(0);
    const turned = { ...at(0), details: Object.fromEntries(Object.entries(details ?? {}).reverse()) };
    expect(verifyRows([turned, ...rows.slice(1)], { chain }).firstBad).toBeUndefined();
    const timeless = { ...at(0), at: Number.POSITIVE_INFINITY as unknown as Date };
    expect(verifyRows([timeless, ...rows.slice(1)], { chain }).firstBad).toEqual({ seq: 1, reason: 'edited' });
  });

  it('tells nothing of a person by its commitments: the same fields are committed to differently in each row', () => {
    const same = [1, 2].map(() => chain.extend(GENESIS, auditFields(anEvent()), new Date(0)));
    expect(same[0]?.commitment).not.toBe(same[1]?.commitment);
  });
});

describe('a chain whose first rows were pruned', () => {
  const prunedAt = (seq: number, mac = at(seq - 1).mac) => {
    const details = { pruned_to: seq, pruned_mac: mac };
    const fields = auditFields({
      action: 'audit.checkpoint',
      outcome: 'ok',
      actor: { kind: 'system', id: 'retention' },
    });
    return chain.extend(at(LENGTH - 1), { ...fields, details }, new Date());
  };

  it('verifies from its checkpoint', () => {
    const kept = [...rows.slice(20), prunedAt(20)];
    const prunedTo = { seq: 20, mac: at(19).mac, rules: NO_RULES };
    expect(verifyRows(kept, { chain, anchors, prunedTo })).toMatchObject({ rows: 41, firstBad: undefined });
  });

  it('is bad without one, with a forged one, and with that of another row', () => {
    const prunedTo = { seq: 20, mac: at(19).mac, rules: NO_RULES };
    const bare = rows.slice(20);
    const forged = { ...prunedAt(10), details: { pruned_to: 20, pruned_mac: at(19).mac } };
    expect(verifyRows(bare, { chain }).firstBad).toEqual({ seq: 1, reason: 'missing' });
    expect(verifyRows(bare, { chain, prunedTo }).firstBad).toEqual({ seq: 21, reason: 'checkpoint' });
    expect(verifyRows([...bare, forged], { chain, prunedTo }).firstBad).toEqual({ seq: 61, reason: 'edited' });
    expect(verifyRows([...bare, prunedAt(10)], { chain, prunedTo }).firstBad).toEqual({
      seq: 21,
      reason: 'checkpoint',
    });
    const otherMac = { seq: 20, mac: at(18).mac, rules: NO_RULES };
    expect(verifyRows([...bare, prunedAt(20)], { chain, prunedTo: otherMac }).firstBad).toEqual({
      seq: 21,
      reason: 'edited',
    });
  });
});
