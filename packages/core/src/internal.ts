/** For Tickscope's own packages; not covered by the version promise. */
export { BUCKET_FAMILIES, type BucketFamily } from './catalogue/buckets.js';
export { METRICS, type MetricDefinition, type MetricSource, type MetricType } from './catalogue/metrics.js';
export type {
  EventRecord,
  HistogramPoint,
  LateSpanRecord,
  RemoteParent,
  SeriesSnapshot,
  SpanRecord,
  TickRecord,
} from './records.js';
