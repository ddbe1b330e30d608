// When the head of the audit chain is made known outside: every 1,000 rows, and every hour in which there were new ones.
import { createPeriodic } from '../shared/periodic.ts';
import { type AuditAnchor, anchorOf, type ChainHead } from './audit-chain.ts';

interface AuditAnchorsOptions {
  /** Writes the anchor where it stays: the log. */
  readonly announce: (anchor: AuditAnchor) => void;
  /** Sends it elsewhere. Bounded in time; a rejection is retried with the next anchor. */
  readonly send?: ((anchor: AuditAnchor) => Promise<void>) | undefined;
  readonly onSendFailed?: (error: unknown) => void;
  readonly everyRows?: number;
  readonly everyMs?: number;
}

export interface AuditAnchors {
  /** To be told of every commit. */
  written(before: ChainHead, head: ChainHead): void;
  /** Announces this row now: one that a command has written is in no commit of ours. */
  reached(head: ChainHead): void;
  /** Announces the last row, of ours or the one given, and waits for what is being sent. Idempotent. */
  close(last?: ChainHead): Promise<void>;
}

/**
 * Each replica anchors for itself: of several, the one whose commit crosses a multiple of 1,000. An anchor stands for every
 * row before it, so a later one makes up for one that could not be sent.
 */
export function createAuditAnchors(options: AuditAnchorsOptions): AuditAnchors {
  const { announce, send, onSendFailed, everyRows = 1_000, everyMs = 3_600_000 } = options;
  let head: ChainHead | undefined;
  let announced = 0;
  let sent = 0;
  let sending = Promise.resolve();

  const deliver = async (anchor: AuditAnchor): Promise<void> => {
    if (send === undefined || anchor.seq <= sent) return;
    try {
      await send(anchor);
      sent = anchor.seq;
    } catch (error) {
      onSendFailed?.(error);
    }
  };
  const anchorNow = (): void => {
    if (head === undefined) return;
    const anchor = { seq: head.seq, head: anchorOf(head) };
    if (anchor.seq > announced) announce(anchor);
    announced = anchor.seq;
    sending = sending.then(() => deliver(anchor));
  };
  const hourly = createPeriodic({ run: anchorNow, rhythm: { everyMs } });
  hourly.start();
  return {
    written(before, now) {
      if (now.seq > (head?.seq ?? 0)) head = now;
      if (Math.floor(now.seq / everyRows) > Math.floor(before.seq / everyRows)) anchorNow();
    },
    reached(now) {
      if (now.seq <= announced || now.seq < (head?.seq ?? 0)) return;
      head = now;
      anchorNow();
    },
    async close(last) {
      void hourly.stop();
      if (last !== undefined && last.seq > Math.max(announced, head?.seq ?? 0)) head = last;
      anchorNow();
      head = undefined;
      await sending;
    },
  };
}
