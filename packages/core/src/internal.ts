/** For Tickscope's own packages; not covered by the version promise. */
export { BUCKET_FAMILIES, type BucketFamily } from './catalogue/buckets.js';
export { METRICS, type MetricDefinition, type MetricSource, type MetricType } from './catalogue/metrics.js';
export { currentScope, setCurrentScope } from './current-scope.js';
export { randomnessOfTraceId } from './ids.js';
export {
  bucketCounts,
  cellCount,
  cellIndex,
  cellUpperBound,
  isCellEdge,
  quantileMillis,
  totalCount,
} from './memory/histogram.js';
export { TALLIES, type Tally } from './memory/layout.js';
export type { FrameView } from './memory/ring-reader.js';
export type { DefinitionIndex, LoopDefinition } from './reading/definition-index.js';
export type { FrameDecoder, FrameFacts } from './reading/frame-decoder.js';
export { RegionReader, sumSeries } from './reading/region-reader.js';
export type { Ambient, AmbientSpan } from './recorder/ambient.js';
export { type ForeignRoot, type ForeignStage, ForeignTick } from './recorder/foreign-tick.js';
export { NOOP_SCOPE, NoopScope } from './recorder/noop.js';
export { DEFAULT_RECORDER_OPTIONS, Recorder, type RecorderOptions } from './recorder/recorder.js';
export { type PipelineControl, ScopeRecorder } from './recorder/scope-recorder.js';
export type {
  EventRecord,
  LateSpanRecord,
  RemoteParent,
  SeriesSnapshot,
  SpanRecord,
  TickRecord,
} from './records.js';
export { formatThreshold, ratioOf, thresholdOf } from './sampling.js';
