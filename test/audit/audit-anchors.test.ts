import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuditAnchors } from '../../src/audit/audit-anchors.ts';
import { type AuditAnchor, anchorOf } from '../../src/audit/audit-chain.ts';

const headAt = (seq: number) => ({ seq, mac: `mac-${seq}` });

describe('anchors of the audit chain', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function start({ isAway = false } = {}) {
    const announced: number[] = [];
    const sent: AuditAnchor[] = [];
    const state = { isAway, failures: 0 };
    const anchors = createAuditAnchors({
      announce: ({ seq }) => void announced.push(seq),
      send: async (anchor) => {
        if (state.isAway) throw new Error('away');
        sent.push(anchor);
      },
      onSendFailed: () => {
        state.failures += 1;
      },
    });
    let seq = 0;
    const write = (rows: number): void => {
      const before = headAt(seq);
      seq += rows;
      anchors.written(before, headAt(seq));
    };
    const hour = () => vi.advanceTimersByTimeAsync(3_600_000);
    return { anchors, announced, sent, state, write, hour };
  }

  it('are announced and sent by the commit that crosses a thousand, however many rows it has', async () => {
    const { anchors, announced, sent, write } = start();
    for (const rows of [400, 400, 400, 799, 1, 3_500]) write(rows);
    expect(announced).toEqual([1_200, 2_000, 5_500]);
    await anchors.close();
    expect(sent).toEqual([1_200, 2_000, 5_500].map((seq) => ({ seq, head: anchorOf(headAt(seq)) })));
  });

  it('are announced every hour in which there were new rows, and at the end', async () => {
    const { anchors, announced, write, hour } = start();
    await hour();
    write(3);
    expect(announced).toEqual([]);
    await hour();
    await hour();
    write(2);
    await anchors.close();
    await anchors.close();
    await hour();
    expect(announced).toEqual([3, 5]);
  });

  it('are announced of a row that a command has written, once, and of no earlier one', async () => {
    const { anchors, announced, write, hour } = start();
    anchors.reached(headAt(4));
    anchors.reached(headAt(4));
    anchors.reached(headAt(3));
    write(7);
    anchors.reached(headAt(6));
    expect(announced).toEqual([4]);
    anchors.reached(headAt(7));
    anchors.reached(headAt(9));
    await hour();
    expect(announced).toEqual([4, 7, 9]);
    await anchors.close();
  });

  it('are not announced backwards by commits that are told in another order', async () => {
    const { anchors, announced, hour } = start();
    anchors.written(headAt(2), headAt(5));
    anchors.written(headAt(0), headAt(2));
    await hour();
    expect(announced).toEqual([5]);
    await anchors.close();
  });

  it.each([
    ['the one given, where it is later than ours', 3, headAt(8), [8]],
    ['the one given, where there is none of ours', 0, headAt(8), [8]],
    ['ours, where the one given is no later', 3, headAt(2), [3]],
    ['none, where nothing was written', 0, undefined, []],
  ])('are at the end of the last row: %s', async (_, rows, last, expected) => {
    const { anchors, announced, write } = start();
    if (rows > 0) write(rows);
    await anchors.close(last);
    expect(announced).toEqual(expected);
  });

  it('are not announced again at the end of a row that was', async () => {
    const { anchors, announced } = start();
    anchors.reached(headAt(8));
    await anchors.close(headAt(8));
    expect(announced).toEqual([8]);
  });

  it('need nobody to tell of a failure', async () => {
    const anchors = createAuditAnchors({ announce: () => undefined, send: () => Promise.reject(new Error('away')) });
    anchors.reached(headAt(1));
    await expect(anchors.close()).resolves.toBeUndefined();
  });

  it('are sent again where that failed: with the next one, or after an hour', async () => {
    const { anchors, announced, sent, state, write, hour } = start({ isAway: true });
    write(1_000);
    await hour();
    expect(state.failures).toBe(2);
    expect(announced).toEqual([1_000]);
    state.isAway = false;
    await hour();
    expect(sent.map(({ seq }) => seq)).toEqual([1_000]);
    await hour();
    expect(sent).toHaveLength(1);
    await anchors.close();
  });
});
