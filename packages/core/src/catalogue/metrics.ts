/**
 * The metric catalogue: every instrument that Tickscope itself publishes, defined once, as data. Exporters,
 * dashboards, rules, documentation and tests read it; nothing else spells a metric's name.
 */
import type { BucketFamily } from './buckets.js';

export type MetricType = 'histogram' | 'counter' | 'gauge';

/** Where an instrument's values come from. */
export type MetricSource =
  /** Cells in the recorder's shared memory, written by the trading thread. */
  | 'cells'
  /** The pipeline's own bookkeeping. */
  | 'pipeline';

export interface MetricDefinition {
  /** Name as it appears in `/metrics`, `_total` included for counters. */
  readonly name: string;
  readonly type: MetricType;
  /** UCUM unit as OpenTelemetry wants it; not appended to the name. */
  readonly unit: string;
  readonly help: string;
  /** Label names in order; `loop` is added to the recorder's instruments for a loop other than the default. */
  readonly labels: readonly string[];
  /** Added on request (`symbolLabel`), for a tick that has one. */
  readonly optionalLabels?: readonly string[];
  readonly source: MetricSource;
  /** Histograms only. */
  readonly family?: BucketFamily['name'];
  /**
   * Name in OTLP where it differs: OpenTelemetry's own conventions spell names and labels with dots and
   * without `_total`; the Prometheus serialiser turns them into `name`.
   */
  readonly otelName?: string;
  /** A gauge whose values add up over processes: OpenTelemetry's UpDownCounter, a non-monotonic sum in OTLP. */
  readonly additive?: true;
}

export const METRICS = {
  stageDuration: {
    name: 'mm_stage_duration_ms',
    type: 'histogram',
    unit: 'ms',
    help: 'Duration of a tick (stage="tick_total") and of each of its stages',
    labels: ['stage'],
    optionalLabels: ['symbol'],
    source: 'cells',
    family: 'compute',
  },
  exchangeRequestDuration: {
    name: 'mm_exchange_req_ms',
    type: 'histogram',
    unit: 'ms',
    help: 'Duration of a request to the exchange',
    labels: ['verb', 'api'],
    source: 'cells',
    family: 'network',
  },
  exchangeRequests: {
    name: 'mm_exchange_requests_total',
    type: 'counter',
    unit: '{request}',
    help: 'Requests to the exchange by outcome',
    labels: ['verb', 'api', 'outcome'],
    source: 'cells',
  },
  guardTrips: {
    name: 'mm_guard_trips_total',
    type: 'counter',
    unit: '{trip}',
    help: 'Guard trips by reason',
    labels: ['reason'],
    source: 'cells',
  },
  deadlineMisses: {
    name: 'mm_tick_deadline_miss_total',
    type: 'counter',
    unit: '{tick}',
    help: 'Ticks that took longer than their deadline',
    labels: ['stage'],
    // As the durations' count, so that the one divided by the other matches label for label.
    optionalLabels: ['symbol'],
    source: 'cells',
  },
  ticks: {
    name: 'mm_ticks_total',
    type: 'counter',
    unit: '{tick}',
    help: 'Ticks by outcome, skipped ones included',
    labels: ['outcome'],
    source: 'cells',
  },
  parallelSymbols: {
    name: 'mm_parallel_symbols',
    type: 'gauge',
    unit: '{symbol}',
    help: 'Symbols with an open tick: maximum since the last collection',
    labels: [],
    source: 'cells',
  },
  operationDuration: {
    name: 'mm_operation_duration_ms',
    type: 'histogram',
    unit: 'ms',
    help: 'Duration of an operation measured by the bot',
    labels: ['operation'],
    source: 'cells',
    family: 'compute',
  },
  databaseDuration: {
    name: 'database_query_duration_milliseconds',
    type: 'histogram',
    unit: 'ms',
    help: 'Duration of a database query',
    labels: ['operation', 'table'],
    source: 'cells',
    family: 'network',
  },
  databaseQueries: {
    name: 'database_queries_total',
    type: 'counter',
    unit: '{query}',
    help: 'Database queries by status',
    labels: ['operation', 'table', 'status'],
    source: 'cells',
  },
  spansRecorded: {
    name: 'tickscope_spans_recorded_total',
    type: 'counter',
    unit: '{span}',
    help: 'Spans recorded: the sum of exported, not exported, sampled out, dropped and in flight',
    labels: [],
    source: 'pipeline',
  },
  spansExported: {
    name: 'tickscope_spans_exported_total',
    type: 'counter',
    unit: '{span}',
    help: 'Spans acknowledged by the trace backend',
    labels: [],
    source: 'pipeline',
  },
  spansNotExported: {
    name: 'tickscope_spans_not_exported_total',
    type: 'counter',
    unit: '{span}',
    help: 'Spans kept while no trace backend is configured',
    labels: [],
    source: 'pipeline',
  },
  spansSampledOut: {
    name: 'tickscope_spans_sampled_out_total',
    type: 'counter',
    unit: '{span}',
    help: 'Spans of ticks that no sampling rule selected',
    labels: [],
    source: 'pipeline',
  },
  spansDropped: {
    name: 'tickscope_spans_dropped_total',
    type: 'counter',
    unit: '{span}',
    help: 'Spans lost by reason',
    labels: ['reason'],
    source: 'pipeline',
  },
  spansInFlight: {
    name: 'tickscope_spans_in_flight',
    type: 'gauge',
    unit: '{span}',
    help: 'Spans between recording and export by place',
    labels: ['place'],
    source: 'pipeline',
    additive: true,
  },
  ticksKept: {
    name: 'tickscope_ticks_kept_total',
    type: 'counter',
    unit: '{tick}',
    help: 'Ticks kept as traces by reason; a tick kept for two reasons counts in both',
    labels: ['reason'],
    source: 'pipeline',
  },
  ringFillRatio: {
    name: 'tickscope_ring_fill_ratio',
    type: 'gauge',
    unit: '1',
    help: 'Share of the fullest span ring that waits to be drained',
    labels: [],
    source: 'pipeline',
  },
  drainGap: {
    name: 'tickscope_drain_gap_seconds',
    type: 'gauge',
    unit: 's',
    help: 'Longest time between two drains of the rings since the last collection',
    labels: [],
    source: 'pipeline',
  },
  lastTickAge: {
    name: 'tickscope_last_tick_age_seconds',
    type: 'gauge',
    unit: 's',
    help: 'Time since a tick last began or ended; absent before the first',
    labels: [],
    source: 'pipeline',
  },
  openTicks: {
    name: 'tickscope_open_ticks',
    type: 'gauge',
    unit: '{tick}',
    help: 'Ticks that have begun and not ended',
    labels: [],
    source: 'pipeline',
    additive: true,
  },
  stuckTicks: {
    name: 'tickscope_stuck_ticks',
    type: 'gauge',
    unit: '{tick}',
    help: 'Open ticks past their deadline (or past the limit for ticks without one)',
    labels: [],
    source: 'pipeline',
    additive: true,
  },
  samplingRatio: {
    name: 'tickscope_sampling_ratio',
    type: 'gauge',
    unit: '1',
    help: 'Share of ordinary ticks traced now',
    labels: [],
    source: 'pipeline',
  },
  workerRestarts: {
    name: 'tickscope_worker_restarts_total',
    type: 'counter',
    unit: '{restart}',
    help: 'Times the pipeline thread was started again after a failure',
    labels: [],
    source: 'pipeline',
  },
  recorderAnomalies: {
    name: 'tickscope_recorder_anomalies_total',
    type: 'counter',
    unit: '{anomaly}',
    help: 'Calls and conditions that the recorder noticed and survived, by kind',
    labels: ['kind'],
    source: 'pipeline',
  },
  metricExports: {
    name: 'tickscope_metric_exports_total',
    type: 'counter',
    unit: '{export}',
    help: 'Exports of metrics over OTLP by outcome; a failed one loses no counts, the next carries them',
    labels: ['outcome'],
    source: 'pipeline',
  },
  apiMetricsAge: {
    name: 'tickscope_api_metrics_age_seconds',
    type: 'gauge',
    unit: 's',
    help: "Age of the oldest of the bot's own figures that are shown; absent without any",
    labels: [],
    source: 'pipeline',
  },
  apiMetricsLeftOut: {
    name: 'tickscope_api_metrics_left_out',
    type: 'gauge',
    unit: '{point}',
    help: "The bot's own series that the last collection left out, by reason",
    labels: ['reason'],
    source: 'pipeline',
  },
  otelSpansStarted: {
    name: 'otel_sdk_span_started_total',
    otelName: 'otel.sdk.span.started',
    type: 'counter',
    unit: '{span}',
    help: 'The number of created spans',
    labels: [],
    source: 'pipeline',
  },
  otelExporterSpansExported: {
    name: 'otel_sdk_exporter_span_exported_total',
    otelName: 'otel.sdk.exporter.span.exported',
    type: 'counter',
    unit: '{span}',
    help: 'The number of spans for which the export has finished, either successful or failed',
    labels: ['otel.component.name', 'otel.component.type', 'error.type'],
    source: 'pipeline',
  },
  otelExporterSpansInFlight: {
    name: 'otel_sdk_exporter_span_inflight',
    otelName: 'otel.sdk.exporter.span.inflight',
    type: 'gauge',
    unit: '{span}',
    help: 'The number of spans passed to the exporter whose export has neither succeeded nor failed yet',
    labels: ['otel.component.name', 'otel.component.type'],
    source: 'pipeline',
    additive: true,
  },
  otelProcessorQueueSize: {
    name: 'otel_sdk_processor_span_queue_size',
    otelName: 'otel.sdk.processor.span.queue.size',
    type: 'gauge',
    unit: '{span}',
    help: 'The number of spans in the queue of the span processor',
    labels: ['otel.component.name', 'otel.component.type'],
    source: 'pipeline',
    additive: true,
  },
  otelProcessorQueueCapacity: {
    name: 'otel_sdk_processor_span_queue_capacity',
    otelName: 'otel.sdk.processor.span.queue.capacity',
    type: 'gauge',
    unit: '{span}',
    help: 'The maximum number of spans the queue of the span processor can hold',
    labels: ['otel.component.name', 'otel.component.type'],
    source: 'pipeline',
    additive: true,
  },
} as const satisfies Record<string, MetricDefinition>;
