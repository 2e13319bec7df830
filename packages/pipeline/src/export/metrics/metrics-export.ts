/** Metrics out: an exposition on request and, when configured, OTLP at an interval. */
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, type MetricProducer } from '@opentelemetry/sdk-metrics';
import type { ExpositionFormat } from '../../exposition-format.js';
import type { PipelineSettings } from '../../settings.js';
import { MetricFamilies } from '../openmetrics/metric-family.js';
import { END, metricText, targetInfo } from '../openmetrics/openmetrics-text.js';
import { type ApiMetricSource, ApiMetrics } from './api-metrics.js';
import type { CellsMetricProducer } from './cells-metric-producer.js';
import { Interruptions } from './interruptions.js';
import { type MetricExportCounts, OtlpMetricReader } from './otlp-metric-reader.js';

export interface MetricsExportOptions {
  /**
   * Called once for each reader: what a producer says "since the last collection" is then its reader's alone.
   * @param collectedForm as its `collect()` gives histograms.
   */
  readonly createProducer: (collectedForm: 'explicit' | 'exponential') => CellsMetricProducer;
  /** What the bot records through OpenTelemetry's API. */
  readonly apiMetrics?: ApiMetrics;
  readonly settings: Pick<PipelineSettings, 'resource' | 'otlpMetrics'>;
}

export interface MetricsExport {
  /**
   * The exposition, information about the target included, no scope labels. Gives way to others while it is made.
   * Rejects when the series cannot be read: a scrape that fails is better than one that looks empty.
   */
  renderMetrics(format: ExpositionFormat): Promise<Buffer>;
  /** Exports of metrics over OTLP by outcome; undefined when OTLP metrics are off. */
  readonly otlpExports: MetricExportCounts | undefined;
  /** Sends over OTLP once, if it is on; true when that arrived within the limit. Never rejects. */
  flush(limitMillis: number): Promise<boolean>;
  /** Flushes and stops for good. Never rejects. */
  shutdown(limitMillis: number): Promise<boolean>;
}

export function createMetricsExport({
  createProducer,
  apiMetrics = new ApiMetrics(NO_API_METRICS),
  settings,
}: MetricsExportOptions): MetricsExport {
  const resource = resourceFromAttributes({ ...settings.resource.attributes });
  const exposition = createProducer('explicit');
  const { otlpMetrics } = settings;
  const otlp =
    otlpMetrics &&
    new OtlpMetricReader(producersFor(createProducer(otlpMetrics.histograms), apiMetrics), otlpMetrics);
  // A reader collects only when it is bound to a provider, whose resource it exports.
  if (otlp !== undefined) new MeterProvider({ resource, readers: [otlp] });
  // One at a time: each reads every series and holds its text, and together they would only all be later.
  let lastRender: Promise<unknown> = Promise.resolve();
  return {
    renderMetrics(format) {
      const render = () => renderAs(format, exposition, apiMetrics, resource.attributes);
      const rendered = lastRender.then(render, render);
      lastRender = rendered.catch(() => {});
      return rendered;
    },
    otlpExports: otlp?.counts,
    flush: async (limitMillis) => (await otlp?.sendNow(limitMillis)) ?? true,
    shutdown: async (limitMillis) => (await otlp?.stop(limitMillis)) ?? true,
  };
}

const NO_API_METRICS: ApiMetricSource = { refresh: () => Promise.resolve(), snapshots: () => [] };
const PIECE_CHARACTERS = 65_536;
const OPEN_METRICS = { targetInfo, metricText, end: END };

async function renderAs(
  format: ExpositionFormat,
  producer: CellsMetricProducer,
  apiMetrics: ApiMetrics,
  resource: Readonly<Record<string, unknown>>,
): Promise<Buffer> {
  // First, as their age is one of Tickscope's own metrics.
  await apiMetrics.refresh();
  const interruptions = new Interruptions();
  if (format === 'protobuf') {
    const families = new MetricFamilies();
    families.addTargetInfo(resource);
    for (const chunks of [producer.chunks('both'), apiMetrics.chunks(true)]) {
      for (const chunk of chunks) {
        families.add(chunk);
        await interruptions.mayInterrupt();
      }
    }
    return families.finish();
  }
  // At the first such scrape: a bot that is scraped as OpenMetrics does without the memory of its modules.
  const form = format === 'text' ? new (await import('./prometheus-text.js')).PrometheusText() : OPEN_METRICS;
  // Bytes from time to time: to encode all of a long text at once would take the longest of all.
  const pieces: Buffer[] = [];
  let text = form.targetInfo(resource);
  for (const chunks of [producer.chunks('explicit'), apiMetrics.chunks(false)]) {
    for (const chunk of chunks) {
      text += form.metricText(chunk);
      if (text.length > PIECE_CHARACTERS) {
        pieces.push(Buffer.from(text));
        text = '';
      }
      await interruptions.mayInterrupt();
    }
  }
  return Buffer.concat([...pieces, Buffer.from(text + form.end)]);
}

/** Tickscope's own after the bot's have come, whose age is one of them. */
function producersFor(own: CellsMetricProducer, apiMetrics: ApiMetrics): MetricProducer[] {
  const afterwards: MetricProducer = {
    async collect() {
      await apiMetrics.refresh();
      return own.collect();
    },
  };
  return [afterwards, apiMetrics];
}
