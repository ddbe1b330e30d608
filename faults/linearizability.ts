// Could one register, read and written in one order that respects real time, have given these answers?
// The search of Wing and Gong ("Testing and verifying concurrent objects", 1993) with Lowe's memory of states seen.

export interface Operation {
  readonly kind: 'write' | 'read';
  /** What was written or seen; null: nothing there. Every write but that of null has a value of its own. */
  readonly value: string | null;
  /** When it was asked for. */
  readonly start: number;
  /** When it was answered. Infinity for a write whose end nobody saw: it may take effect at any time, or never. */
  readonly end: number;
}

export type Verdict =
  | { readonly ok: true }
  /** `stuck`: of all orders tried, the one that explains most cannot be continued by any of these. */
  | { readonly ok: false; readonly stuck: readonly Operation[] };

/** @param initial what the register held at first. */
export function checkRegister(history: readonly Operation[], initial: string | null = null): Verdict {
  const operations = withoutUnseen(history).sort((a, b) => a.start - b.start);
  const seen = new Set<string>();
  const stack: State[] = [{ done: new Set(), value: initial }];
  let furthest = -1;
  let stuck: readonly Operation[] = [];
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const { done, value } = state;
    const open = operations.filter((operation) => !done.has(operation));
    // Whoever began after another one was answered cannot have come before it.
    const firstEnd = Math.min(...open.map(({ end }) => end));
    if (firstEnd === Number.POSITIVE_INFINITY) return { ok: true };
    const next = open.filter(({ start }) => start <= firstEnd);
    const possible = next.filter((operation) => operation.kind === 'write' || operation.value === value);
    if (done.size > furthest) {
      furthest = done.size;
      stuck = next;
    }
    for (const operation of possible.reverse()) {
      const after = { done: new Set(done).add(operation), value: operation.value };
      const name = nameOf(operations, after);
      if (!seen.has(name)) stack.push(after);
      seen.add(name);
    }
  }
  return { ok: false, stuck };
}

interface State {
  readonly done: ReadonlySet<Operation>;
  readonly value: string | null;
}

/** A write without an end whose value nobody saw need not have happened. */
function withoutUnseen(history: readonly Operation[]): Operation[] {
  const seen = new Set(history.filter(({ kind }) => kind === 'read').map(({ value }) => value));
  return history.filter(
    ({ kind, value, end }) => kind === 'read' || end < Number.POSITIVE_INFINITY || value === null || seen.has(value),
  );
}

/** Equal for equal states: the operations done, as one character each, and the value. */
const nameOf = (operations: readonly Operation[], { done, value }: State): string =>
  `${operations.map((operation) => (done.has(operation) ? '1' : '0')).join('')} ${value}`;
