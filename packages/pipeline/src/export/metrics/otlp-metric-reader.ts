import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter,
} from '@opentelemetry/exporter-metrics-otlp-http';
import {
  AggregationTemporality,
  type MetricProducer,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import type { PipelineSettings } from '../../settings.js';

/** Finished exports; one that was cut off by a time limit counts as failed when it ends. */
export interface MetricExportCounts {
  readonly ok: number;
  readonly failed: number;
}

type OtlpCompression = NonNullable<
  NonNullable<ConstructorParameters<typeof OTLPMetricExporter>[0]>['compression']
>;

export interface OtlpMetricReader {
  readonly reader: PeriodicExportingMetricReader;
  /** Live: its figures grow. */
  readonly counts: MetricExportCounts;
}

/**
 * Exports cumulative sums and histograms every `intervalMillis`. One export may take as long as
 * `timeoutMillis`, and no longer than the interval, so that exports never pile up.
 */
export function createOtlpMetricReader(
  producer: MetricProducer,
  settings: NonNullable<PipelineSettings['otlpMetrics']>,
): OtlpMetricReader {
  const timeoutMillis = Math.min(settings.timeoutMillis, settings.intervalMillis);
  const exporter = new CountingMetricExporter(
    new OTLPMetricExporter({
      url: settings.url,
      headers: { ...settings.headers },
      timeoutMillis,
      // A string enum of a package that is not ours to depend on; its values are these strings.
      compression: settings.compression as OtlpCompression,
      temporalityPreference: AggregationTemporalityPreference.CUMULATIVE,
    }),
  );
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: settings.intervalMillis,
    exportTimeoutMillis: timeoutMillis,
    metricProducers: [producer],
  });
  return { reader, counts: exporter.counts };
}

class CountingMetricExporter implements PushMetricExporter {
  readonly #exporter: OTLPMetricExporter;
  readonly counts = { ok: 0, failed: 0 };

  constructor(exporter: OTLPMetricExporter) {
    this.#exporter = exporter;
  }

  export(metrics: ResourceMetrics, done: (result: ExportResult) => void): void {
    this.#exporter.export(metrics, (result) => {
      if (result.code === ExportResultCode.SUCCESS) this.counts.ok++;
      else this.counts.failed++;
      done(result);
    });
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
