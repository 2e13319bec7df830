/** Metrics out: Prometheus text on request and, when configured, OTLP at an interval, both from one producer. */
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, type MetricProducer, type MetricReader } from '@opentelemetry/sdk-metrics';
import type { PipelineSettings } from '../../settings.js';
import { createOtlpMetricReader, type MetricExportCounts } from './otlp-metric-reader.js';

export interface MetricsExportOptions {
  readonly producer: MetricProducer;
  readonly settings: Pick<PipelineSettings, 'resource' | 'otlpMetrics'>;
}

export interface MetricsExport {
  /**
   * The exposition in Prometheus' text format 0.0.4, `target_info` included, no scope labels.
   * Rejects when the series cannot be read: a scrape that fails is better than one that looks empty.
   */
  renderMetrics(): Promise<string>;
  /** Exports of metrics over OTLP by outcome; undefined when OTLP metrics are off. */
  readonly otlpExports: MetricExportCounts | undefined;
  /** Collects and sends over OTLP once; true when done within the limit. Never rejects. */
  flush(timeoutMillis: number): Promise<boolean>;
  /** Flushes and stops; true when done within the limit. Never rejects. */
  shutdown(timeoutMillis: number): Promise<boolean>;
}

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function createMetricsExport({ producer, settings }: MetricsExportOptions): MetricsExport {
  // Prometheus' exporter is only the reader here: our own server answers, so it never listens.
  const prometheus = new PrometheusExporter({ preventServerStart: true, metricProducers: [producer] });
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  const otlp = settings.otlpMetrics && createOtlpMetricReader(producer, settings.otlpMetrics);
  const readers: MetricReader[] = otlp === undefined ? [prometheus] : [prometheus, otlp.reader];
  const provider = new MeterProvider({
    resource: resourceFromAttributes(settings.resource.attributes),
    readers,
  });
  return {
    async renderMetrics() {
      const { resourceMetrics, errors } = await prometheus.collect();
      if (errors.length > 0) throw errors[0];
      return serializer.serialize(resourceMetrics);
    },
    otlpExports: otlp?.counts,
    flush: (timeoutMillis) => settled(provider.forceFlush({ timeoutMillis })),
    shutdown: (timeoutMillis) => settled(provider.shutdown({ timeoutMillis })),
  };
}

async function settled(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch {
    return false;
  }
}
