/** For Tickscope's own packages; not covered by the version promise. */
export { BUCKET_FAMILIES, type BucketFamily } from './catalogue/buckets.js';
export { METRICS, type MetricDefinition, type MetricSource, type MetricType } from './catalogue/metrics.js';
export { currentScope, setCurrentScope } from './current-scope.js';
export {
  randomnessOf,
  randomnessOfTraceId,
  spanIdOf,
  TRACE_FLAG_RANDOM,
  TRACE_FLAG_SAMPLED,
  traceIdOf,
} from './ids.js';
export {
  bucketCounts,
  cellCount,
  cellIndex,
  cellUpperBound,
  isCellEdge,
  quantileMillis,
  totalCount,
} from './memory/histogram.js';
export {
  BOUNDARY_COUNT,
  C_MODE,
  F_FLAGS_WORD,
  F_ORDINAL_WORD,
  F_SEQUENCE,
  F_SIZE_WORD,
  F_UNITS_BEFORE,
  FLAG_API_SPANS,
  FRAME_MAX_SLOTS,
  H_RING_AT,
  H_RING_SLOTS,
  H_STAGING_AT,
  MODE_FULL,
  MODE_METRICS,
  type OverflowStrategy,
  R_BOUNDARIES,
  R_INTENT,
  R_PUBLISHED,
  R_READ,
  R_READ_SEEN,
  TALLIES,
  type Tally,
} from './memory/layout.js';
export { createRegion, openRegion, type Region } from './memory/region.js';
export { type FrameView, RingReader, type RingTally } from './memory/ring-reader.js';
export { bindWriteFrame, type WriteFrame } from './memory/ring-writer.js';
export {
  type DefinitionIndex,
  type LoopDefinition,
  type SeriesDefinition,
  seriesKeyOf,
} from './reading/definition-index.js';
export { FrameCopies, type FrameCopy } from './reading/frame-copies.js';
export type { FrameDecoder, FrameFacts } from './reading/frame-decoder.js';
export { RegionReader } from './reading/region-reader.js';
export { sumEqual, sumHistograms, sumSeries } from './reading/series-sum.js';
export type { SpanFrameFacts } from './reading/span-frame-decoder.js';
export type { Ambient } from './recorder/ambient.js';
export { type ForeignRoot, type ForeignStage, ForeignTick } from './recorder/foreign-tick.js';
export type { AmbientSpan, TickHandle } from './recorder/handles.js';
export { NOOP_SCOPE, NoopScope } from './recorder/noop.js';
export { DEFAULT_RECORDER_OPTIONS, Recorder, type RecorderOptions } from './recorder/recorder.js';
export { runInStorage } from './recorder/run-in-storage.js';
export { type PipelineControl, ScopeRecorder } from './recorder/scope-recorder.js';
export { cellsFor, definitionBytesFor } from './recorder/series.js';
export type {
  ApiAttributes,
  ApiEventRecord,
  ApiLinkRecord,
  ApiScope,
  ApiSpanRecord,
  ApiSpanTime,
  ApiValue,
  EventRecord,
  HistogramSnapshot,
  LateSpanRecord,
  RemoteParent,
  SeriesSnapshot,
  SpanRecord,
  TickRecord,
} from './records.js';
export { formatThreshold, loadThreshold, ratioOf, thresholdOf } from './sampling.js';
export { AttributeList, type AttributeLosses } from './spans/attribute-list.js';
export { cut } from './spans/plain-value.js';
export { takeSequence } from './spans/sequence.js';
export type { SpanData, SpanEventData, SpanLinkData, SpanTime } from './spans/span-data.js';
export { bindSpanEncoder, type SpanEncoder } from './spans/span-encoder.js';
export { DEFAULT_SPAN_LIMITS, MAX_NAME_UNITS, MAX_TEXT_UNITS, type SpanLimits } from './spans/span-limits.js';
export { SpanTexts } from './spans/span-texts.js';
export { TraceState } from './trace-state.js';
