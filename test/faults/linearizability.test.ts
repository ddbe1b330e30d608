import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRegister, type Operation } from '../../faults/linearizability.ts';
import { runs } from '../support/proof.ts';

const write = (value: string | null, start: number, end: number): Operation => ({ kind: 'write', value, start, end });
const read = (value: string | null, start: number, end: number): Operation => ({ kind: 'read', value, start, end });
const NEVER = Number.POSITIVE_INFINITY;

const GOOD: Readonly<Record<string, Operation[]>> = {
  'nothing at all': [],
  'a read of nothing before the first write': [read(null, 0, 1), write('a', 2, 3), read('a', 4, 5)],
  'a read during a write that sees the old value': [write('a', 0, 1), write('b', 2, 6), read('a', 3, 4)],
  'a read during a write that sees the new value': [write('a', 0, 1), write('b', 2, 6), read('b', 3, 4)],
  'two reads during a write, old then new': [write('a', 0, 9), read(null, 1, 2), read('a', 3, 4)],
  'two writes at once, in the order that the reads tell': [
    write('a', 0, 10),
    write('b', 1, 9),
    read('b', 11, 12),
    write('c', 13, 14),
    read('c', 15, 16),
  ],
  'a write without an answer that took effect long after': [
    write('a', 0, NEVER),
    read(null, 1, 2),
    write('b', 3, 4),
    read('b', 5, 6),
    read('a', 7, 8),
  ],
  'a write without an answer that never took effect': [write('a', 0, NEVER), write('b', 1, 2), read('b', 3, 4)],
  'a deletion without an answer that took effect': [write('a', 0, 1), write(null, 2, NEVER), read(null, 3, 4)],
  'a deletion without an answer that did not': [write('a', 0, 1), write(null, 2, NEVER), read('a', 3, 4)],
};

const BAD: Readonly<Record<string, Operation[]>> = {
  'a lost write': [write('a', 0, 1), read(null, 2, 3)],
  'a value that nobody wrote': [write('a', 0, 1), read('b', 2, 3)],
  'a deleted value that is back': [write('a', 0, 1), write(null, 2, 3), read('a', 4, 5)],
  'an older value after a newer one': [write('a', 0, 1), write('b', 2, 9), read('b', 3, 4), read('a', 5, 6)],
  'a value read before it was written': [read('a', 0, 1), write('a', 2, 3)],
  'two readers who disagree on the order of two writes': [
    write('a', 0, 10),
    write('b', 0, 10),
    read('a', 11, 12),
    read('b', 13, 14),
  ],
  'a write without an answer that took effect, and then not': [
    write('a', 0, 1),
    write('b', 2, NEVER),
    read('b', 3, 4),
    read('a', 5, 6),
  ],
  'an overwritten value without an answer that comes twice': [
    write('a', 0, NEVER),
    read('a', 1, 2),
    write('b', 3, 4),
    read('a', 5, 6),
  ],
};

describe('the check of a register’s history', () => {
  it.each(Object.entries(GOOD))('accepts %s', (_name, history) => {
    expect(checkRegister(history)).toEqual({ ok: true });
  });

  it.each(Object.entries(BAD))('refuses %s', (_name, history) => {
    expect(checkRegister(history).ok).toBe(false);
  });

  it('says which operation nothing explains', () => {
    const lost = read(null, 2, 3);
    expect(checkRegister([write('a', 0, 1), lost])).toEqual({ ok: false, stuck: [lost] });
  });

  it('starts from what the register held', () => {
    expect(checkRegister([read('a', 0, 1)], 'a')).toEqual({ ok: true });
    expect(checkRegister([read(null, 0, 1)], 'a').ok).toBe(false);
  });

  // A register that takes effect at one point of each operation's time gives histories that must be accepted.
  const steps = fc.array(
    fc.record({
      action: fc.constantFrom('write', 'delete', 'read'),
      before: fc.integer({ min: 0, max: 40 }),
      after: fc.integer({ min: 0, max: 40 }),
      answered: fc.boolean(),
    }),
    { minLength: 1, maxLength: 60 },
  );
  const historyOf = (plan: typeof steps extends fc.Arbitrary<infer T> ? T : never): Operation[] => {
    let value: string | null = null;
    return plan.map(({ action, before, after, answered }, i) => {
      const at = i * 10;
      if (action === 'write') value = `v${i}`;
      if (action === 'delete') value = null;
      const kind = action === 'read' ? 'read' : 'write';
      const end = kind === 'write' && !answered ? NEVER : at + after;
      return { kind, value, start: at - before, end };
    });
  };

  it('accepts whatever a real register answers', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        expect(checkRegister(historyOf(plan))).toEqual({ ok: true });
      }),
      runs({ sample: 100, proof: 10_000 }),
    );
  });

  it('refuses a read of what was overwritten and read over before', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        const last = plan.length * 10 + 100;
        const spoilt = [
          ...historyOf(plan),
          write('x', last, last + 1),
          read('x', last + 2, last + 3),
          write('y', last + 4, last + 5),
          read('x', last + 6, last + 7),
        ];
        expect(checkRegister(spoilt).ok).toBe(false);
      }),
      runs({ sample: 50, proof: 2_000 }),
    );
  });
});
