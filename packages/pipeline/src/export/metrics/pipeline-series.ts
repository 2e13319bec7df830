/** The pipeline's own bookkeeping as series: the loss ledger, its health, and OpenTelemetry's self-metrics. */
import { METRICS, type MetricDefinition, type SeriesSnapshot } from '@tickscope/core/internal';
import type { LedgerJson } from '../../protocol.js';

/** What the pipeline knows about itself at the time of a collection. */
export interface PipelineReadings {
  readonly ledger: LedgerJson;
  /** Kept ticks by reason. */
  readonly keptBy: Readonly<Record<string, number>>;
  /** Of the fullest ring, 0…1. */
  readonly ringFillRatio: number;
  /** Longest time between two drains since the last collection. */
  readonly drainGapMillis: number;
  /** Null before the first tick. */
  readonly lastTickAgeMillis: number | null;
  readonly openTicks: number;
  readonly stuckTicks: number;
  readonly sampleRatio: number;
  readonly workerRestarts: number;
  /** By kind, for example `use_after_end`, `in_flight_full`, `ignored_started_at`, `definitions_full`. */
  readonly anomalies: Readonly<Record<string, number>>;
  /** Undefined when no trace backend is configured. */
  readonly exportQueueCapacitySpans: number | undefined;
  /** Exports of metrics over OTLP by outcome; undefined when they are off. */
  readonly metricExports: Readonly<Record<string, number>> | undefined;
  /** Of what the bot records through OpenTelemetry's API; undefined where it records nothing. */
  readonly apiMetrics:
    | { readonly ageMillis: number; readonly leftOut: Readonly<Record<string, number>> }
    | undefined;
}

const MILLIS_PER_SECOND = 1000;
const EXPORTER = component('otlp_http_json_span_exporter');
const PROCESSOR = component('batching_span_processor');

/** Ledger names that OpenTelemetry's self-metrics are derived from. */
const EXPORT_FAILED = 'export_failed';
const REJECTED = 'rejected';
const EXPORT_QUEUE = 'export_queue';
const EXPORTING = 'exporting';

/** Every reason, place and kind in the readings becomes a series, zeros included. */
export function pipelineSeries(readings: PipelineReadings): SeriesSnapshot[] {
  const { ledger } = readings;
  const series = [
    one(METRICS.spansRecorded, ledger.recorded),
    one(METRICS.spansExported, ledger.exported),
    one(METRICS.spansNotExported, ledger.notExported),
    one(METRICS.spansSampledOut, ledger.sampledOut),
    ...byLabel(METRICS.spansDropped, ledger.dropped),
    ...byLabel(METRICS.spansInFlight, ledger.inFlight),
    ...byLabel(METRICS.ticksKept, readings.keptBy),
    one(METRICS.ringFillRatio, readings.ringFillRatio),
    one(METRICS.drainGap, readings.drainGapMillis / MILLIS_PER_SECOND),
    one(METRICS.openTicks, readings.openTicks),
    one(METRICS.stuckTicks, readings.stuckTicks),
    one(METRICS.samplingRatio, readings.sampleRatio),
    one(METRICS.workerRestarts, readings.workerRestarts),
    ...byLabel(METRICS.recorderAnomalies, readings.anomalies),
    one(METRICS.otelSpansStarted, ledger.recorded),
  ];
  if (readings.lastTickAgeMillis !== null) {
    series.push(one(METRICS.lastTickAge, readings.lastTickAgeMillis / MILLIS_PER_SECOND));
  }
  if (readings.apiMetrics !== undefined) {
    const { ageMillis, leftOut } = readings.apiMetrics;
    series.push(one(METRICS.apiMetricsAge, ageMillis / MILLIS_PER_SECOND));
    series.push(...byLabel(METRICS.apiMetricsLeftOut, leftOut));
  }
  if (readings.metricExports !== undefined) {
    series.push(...byLabel(METRICS.metricExports, readings.metricExports));
  }
  if (readings.exportQueueCapacitySpans !== undefined) {
    series.push(...exportSeries(ledger, readings.exportQueueCapacitySpans));
  }
  return series;
}

function exportSeries(ledger: LedgerJson, queueCapacitySpans: number): SeriesSnapshot[] {
  const exported = METRICS.otelExporterSpansExported;
  return [
    one(exported, ledger.exported, EXPORTER),
    one(exported, ledger.dropped[EXPORT_FAILED] ?? 0, { ...EXPORTER, 'error.type': EXPORT_FAILED }),
    one(exported, ledger.dropped[REJECTED] ?? 0, { ...EXPORTER, 'error.type': REJECTED }),
    one(METRICS.otelExporterSpansInFlight, ledger.inFlight[EXPORTING] ?? 0, EXPORTER),
    one(METRICS.otelProcessorQueueSize, ledger.inFlight[EXPORT_QUEUE] ?? 0, PROCESSOR),
    one(METRICS.otelProcessorQueueCapacity, queueCapacitySpans, PROCESSOR),
  ];
}

function one(
  definition: MetricDefinition,
  value: number,
  labels: Readonly<Record<string, string>> = {},
): SeriesSnapshot {
  const type = definition.type === 'counter' ? 'counter' : 'gauge';
  return { metric: definition.name, labels, type, value };
}

function byLabel(definition: MetricDefinition, values: Readonly<Record<string, number>>): SeriesSnapshot[] {
  const [label] = definition.labels;
  return Object.entries(values).map(([value, count]) => one(definition, count, { [label]: value }));
}

function component(type: string): Readonly<Record<string, string>> {
  return { 'otel.component.name': `${type}/0`, 'otel.component.type': type };
}
