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
  readonly source: MetricSource;
  /** Histograms only. */
  readonly family?: BucketFamily['name'];
}

export const METRICS = {
  stageDuration: {
    name: 'mm_stage_duration_ms',
    type: 'histogram',
    unit: 'ms',
    help: 'Duration of a tick (stage="tick_total") and of each of its stages',
    labels: ['stage'],
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
} as const satisfies Record<string, MetricDefinition>;
