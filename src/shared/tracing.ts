// Traces of requests, where somebody collects them: one span for the request, those of the calls it makes beneath it.

export interface RequestSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Runs the rest of the request so that what it does is traced beneath this span. */
  run(next: () => void): void;
  /** `route` is the route's pattern, never an address. Idempotent. */
  end(answer: { readonly route: string; readonly status: number }): void;
}

/** A statement that the database has executed, or failed to. */
export interface DatabaseQuery {
  /** With placeholders; no value is in it. */
  readonly sql: string;
  readonly ms: number;
  readonly failed: boolean;
}

export interface TracedRequest {
  readonly method: string;
  readonly id: string;
  /** The caller's `traceparent` (W3C Trace Context), where callers are trusted. What is none begins a trace of its own. */
  readonly parent?: string | undefined;
}

export interface Tracing {
  startRequest(request: TracedRequest): RequestSpan;
  query(query: DatabaseQuery): void;
  /** Sends what has not been sent. Idempotent, bounded in time. */
  close(): Promise<void>;
}
