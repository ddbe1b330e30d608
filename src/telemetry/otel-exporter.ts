// Spans that do not reach the collector are said so in the log, once until they do again: the SDK is silent about it.
import type { SpanExporter } from '@opentelemetry/sdk-trace';

/** @param onProblem gets a sentence without anything of what was sent. */
export function reportingExporter(exporter: SpanExporter, onProblem: (error: unknown) => void): SpanExporter {
  let failing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        // 0 is success: https://github.com/open-telemetry/opentelemetry-js, ExportResultCode.
        const failed = result.code !== 0;
        if (failed && !failing) onProblem(result.error ?? new Error('the collector refused the spans'));
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}
