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
