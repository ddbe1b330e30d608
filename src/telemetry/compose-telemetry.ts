// What is measured and traced of the whole service. The SDK for traces is loaded only where somebody collects them.
import type { Config } from '../config/config.ts';
import type { OnQuery } from '../database/database-statements.ts';
import type { KeycloakCall } from '../keycloak/keycloak-call.ts';
import type { Tracing } from '../shared/tracing.ts';
import { VERSION } from '../shared/version.ts';
import { createPrometheusMetrics, type PrometheusMetrics } from './prometheus-metrics.ts';

export interface Telemetry {
  readonly metrics: PrometheusMetrics;
  readonly tracing: Tracing | undefined;
  /** For `openCore`. */
  readonly core: {
    readonly onKeycloakCall: (call: KeycloakCall) => void;
    readonly onQuery: OnQuery | undefined;
  };
  /** Sends the last spans. Idempotent. */
  close(): Promise<void>;
}

interface TelemetryLog {
  warn(fields: object, message: string): void;
}

export async function openTelemetry(
  { otlpEndpoint, keycloak }: Pick<Config, 'otlpEndpoint' | 'keycloak'>,
  log: TelemetryLog,
): Promise<Telemetry> {
  if (otlpEndpoint === undefined) return createTelemetry();
  const { createOtelTracing } = await import('./otel-tracing.ts');
  return createTelemetry(
    createOtelTracing({
      endpoint: otlpEndpoint,
      version: VERSION,
      keycloakUrl: keycloak?.url,
      onProblem: (error) => log.warn({ err: error }, 'traces do not reach OTEL_EXPORTER_OTLP_ENDPOINT'),
    }),
  );
}

export function createTelemetry(tracing?: Tracing): Telemetry {
  const metrics = createPrometheusMetrics({ version: VERSION });
  return {
    metrics,
    tracing,
    core: {
      onKeycloakCall: ({ kind, outcome, seconds }) => metrics.keycloakCall(kind, outcome, seconds),
      onQuery: tracing === undefined ? undefined : (query) => tracing.query(query),
    },
    close: async () => tracing?.close(),
  };
}
