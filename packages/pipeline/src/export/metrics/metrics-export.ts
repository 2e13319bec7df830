/** Metrics out: Prometheus text on request and, when configured, OTLP at an interval. */
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, type MetricProducer } from '@opentelemetry/sdk-metrics';
import type { PipelineSettings } from '../../settings.js';
import { type MetricExportCounts, OtlpMetricReader } from './otlp-metric-reader.js';

export interface MetricsExportOptions {
  /** Called once for each reader: what a producer says "since the last collection" is then its reader's alone. */
  readonly createProducer: () => MetricProducer;
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
  /** Sends over OTLP once, if it is on; true when that arrived within the limit. Never rejects. */
  flush(limitMillis: number): Promise<boolean>;
  /** Flushes and stops for good. Never rejects. */
  shutdown(limitMillis: number): Promise<boolean>;
}

export function createMetricsExport({ createProducer, settings }: MetricsExportOptions): MetricsExport {
  const otlp = settings.otlpMetrics && new OtlpMetricReader(createProducer(), settings.otlpMetrics);
  const resource = resourceFromAttributes(settings.resource.attributes);
  // A reader collects only when it is bound to a provider, whose resource becomes `target_info`.
  if (otlp !== undefined) new MeterProvider({ resource, readers: [otlp] });
  // At once, as what it says "since the last collection" begins here.
  const producer = createProducer();
  let prometheus: ReturnType<typeof createPrometheus> | undefined;
  return {
    async renderMetrics() {
      prometheus ??= createPrometheus(producer, resource);
      const { exporter, serializer } = await prometheus;
      const { resourceMetrics, errors } = await exporter.collect();
      if (errors.length > 0) throw errors[0];
      return serializer.serialize(resourceMetrics);
    },
    otlpExports: otlp?.counts,
    flush: async (limitMillis) => (await otlp?.sendNow(limitMillis)) ?? true,
    shutdown: async (limitMillis) => (await otlp?.stop(limitMillis)) ?? true,
  };
}

/** At the first scrape: a bot that is not scraped does without the memory of its modules. */
async function createPrometheus(producer: MetricProducer, resource: Resource) {
  const { PrometheusExporter, PrometheusSerializer } = await import('@opentelemetry/exporter-prometheus');
  // Only the reader here: our own server answers, so it never listens.
  const exporter = new PrometheusExporter({ preventServerStart: true, metricProducers: [producer] });
  new MeterProvider({ resource, readers: [exporter] });
  return { exporter, serializer: new PrometheusSerializer(undefined, false, undefined, false, true) };
}
