// What the page hears from the browser and from other tabs, and whether a session is there.
import type { Surroundings } from './resource.ts';

export interface SessionWatch extends Surroundings {
  /** Tells the resources here, and other tabs. */
  changed(topic: string): void;
  /** True from the first answer that says so until a session is there again. */
  hasEnded(): boolean;
  onSession(listener: () => void): () => void;
  /** Hears nothing from then on. */
  close(): void;
}

const ASK_AGAIN_MS = 5_000;

/** @param isSignedIn asks the service; rejects where it cannot say. */
export function createSurroundings(base: string, isSignedIn: () => Promise<boolean>): SessionWatch {
  const returns = new Set<(force: boolean) => void>();
  const sessions = new Set<() => void>();
  const topics = new Map<string, Set<() => void>>();
  // Tabs of another installation on the same host talk among themselves.
  const channel = new BroadcastChannel(`byok${base}`);
  let ended = false;

  const tell = (listeners: Iterable<() => void>): void => {
    for (const listener of [...listeners]) listener();
  };
  const tellReturn = (force: boolean): void => {
    for (const listener of [...returns]) listener(force);
  };
  const setEnded = (value: boolean): void => {
    if (ended === value) return;
    ended = value;
    tell(sessions);
    if (!value) tellReturn(true);
  };
  const askAgain = async (): Promise<void> => {
    if (!ended || document.hidden) return;
    if (await isSignedIn().catch(() => false)) setEnded(false);
  };
  const back = (): void => {
    if (document.hidden) return;
    if (ended) void askAgain();
    else tellReturn(false);
  };
  const add = <T>(set: Set<T>, listener: T): (() => void) => {
    set.add(listener);
    return () => void set.delete(listener);
  };

  const closing = new AbortController();
  const { signal } = closing;
  document.addEventListener('visibilitychange', back, { signal });
  addEventListener('focus', back, { signal });
  // Online again, or offline: what is asked now says so.
  addEventListener('online', () => tellReturn(true), { signal });
  addEventListener('offline', () => tellReturn(true), { signal });
  const timer = setInterval(() => void askAgain(), ASK_AGAIN_MS);
  channel.onmessage = ({ data }) => tell(topics.get(String(data)) ?? []);

  return {
    onReturn: (listener) => add(returns, listener),
    onChange(topic, listener) {
      const listeners = topics.get(topic) ?? new Set();
      topics.set(topic, listeners);
      return add(listeners, listener);
    },
    changed(topic) {
      tell(topics.get(topic) ?? []);
      channel.postMessage(topic);
    },
    sessionEnded: () => setEnded(true),
    hasEnded: () => ended,
    onSession: (listener) => add(sessions, listener),
    close() {
      closing.abort();
      clearInterval(timer);
      channel.close();
    },
  };
}
