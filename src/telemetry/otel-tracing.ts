// Traces for an OpenTelemetry collector. This module is loaded only where one is configured: it draws in the SDK.
// Its own parent-and-child bookkeeping instead of instrumentation packages: those patch modules as they are loaded, and
// put addresses with their query strings and statements with their values into spans.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { answerWithin } from '../shared/timeouts.ts';
import type { DatabaseQuery, RequestSpan, TracedRequest, Tracing } from '../shared/tracing.ts';
import { reportingExporter } from './otel-exporter.ts';
import { traceUndici } from './otel-undici.ts';

interface Options {
  /** Base address of the collector; `/v1/traces` is added. */
  readonly endpoint: string;
  readonly version: string;
  /** Base address of Keycloak, whose calls are named by their path. */
  readonly keycloakUrl: string | undefined;
  /** Told of the first failure in a row to deliver spans. */
  readonly onProblem: (error: unknown) => void;
}

const EXPORT_MS = 5_000;

/** The name of the service, its attributes and the exporter's headers follow the standard OTEL_* variables. */
export function createOtelTracing({ endpoint, version, keycloakUrl, onProblem }: Options): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_MS,
  });
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'ops-center-byok', 'service.version': version }))
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: reportingExporter(exporter, onProblem),
        scheduledDelayMillis: 2_000,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('ops-center-byok', version);
  const current = new AsyncLocalStorage<Span>();
  const stop = traceUndici({ tracer, parent: () => current.getStore(), keycloakUrl });
  let closed: Promise<void> | undefined;
  return {
    startRequest: (request) => startRequest(tracer, current, request),
    query(query) {
      const parent = current.getStore();
      // What nobody waits for (a look at the database once a minute) is no part of a request.
      if (parent !== undefined) recordQuery(tracer, parent, query);
    },
    close() {
      stop();
      closed ??= answerWithin(EXPORT_MS, () => provider.shutdown(), { ref: false });
      return closed;
    },
  };
}

function startRequest(
  tracer: Tracer,
  current: AsyncLocalStorage<Span>,
  { method, id, parent }: TracedRequest,
): RequestSpan {
  const attributes = { 'http.request.method': method, 'byok.request_id': id };
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, contextOf(parent));
  return {
    traceId: span.spanContext().traceId,
    run: (next) => current.run(span, next),
    end({ route, status }) {
      span.updateName(`${method} ${route}`);
      span.setAttributes({ 'http.route': route, 'http.response.status_code': status });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** Format: https://www.w3.org/TR/trace-context/#traceparent-header. Versions after 00 may have more behind. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}(-.*)?$/;

function contextOf(traceparent: string | undefined): Context {
  const [, version, traceId, spanId, more] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return ROOT_CONTEXT;
  // Sampled whatever the caller's flag says: every request is traced, and the collector chooses.
  const parent = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}

const OPERATION = /^\s*(\w+)(?:[^"]*?\b(?:from|into|update|table)\s+"(\w+)"|\s+"(\w+)")?/i;

/** Operation and table only: no text of a statement, so that none of its values can be in it. */
function recordQuery(tracer: Tracer, parent: Span, { sql, ms, failed }: DatabaseQuery): void {
  const [, verb = 'query', from, direct] = OPERATION.exec(sql.slice(0, 4_000)) ?? [];
  const operation = verb.toUpperCase();
  const table = from ?? direct;
  const now = Date.now();
  const span = tracer.startSpan(
    table === undefined ? operation : `${operation} ${table}`,
    {
      kind: SpanKind.CLIENT,
      startTime: now - ms,
      attributes: {
        'db.system.name': 'postgresql',
        'db.operation.name': operation,
        ...(table === undefined ? {} : { 'db.collection.name': table }),
      },
    },
    trace.setSpan(ROOT_CONTEXT, parent),
  );
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(now);
}
