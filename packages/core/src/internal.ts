/** For Tickscope's own packages; not covered by the version promise. */
export { BUCKET_FAMILIES, type BucketFamily } from './catalogue/buckets.js';
export { METRICS, type MetricDefinition, type MetricSource, type MetricType } from './catalogue/metrics.js';
export {
  bucketCounts,
  cellCount,
  cellIndex,
  cellUpperBound,
  isCellEdge,
  quantileMillis,
  totalCount,
} from './memory/histogram.js';
export type {
  EventRecord,
  LateSpanRecord,
  RemoteParent,
  SeriesSnapshot,
  SpanRecord,
  TickRecord,
} from './records.js';
