export {
  type AttributeValue,
  currentScope,
  type EndOutcome,
  type LogFields,
  type Loop,
  type LoopOptions,
  type Mode,
  type ParentContext,
  type Request,
  type RequestOutcome,
  type Scope,
  type SkipOutcome,
  type Stage,
  type Tick,
  type TickOptions,
  type TickOutcome,
  type TickSpanContext,
  TickscopeError,
  type TickscopeErrorCode,
  type TraceStateEntries,
} from '@tickscope/core';
export type {
  ExportQueueOptions,
  OtlpMetricsOptions,
  OtlpOptions,
  OtlpSignalOptions,
  OtlpTransferOptions,
  PrometheusOptions,
  RegisterOptions,
  RingOptions,
  SpanLimitOptions,
} from './config/options.js';
export {
  remoteContext,
  remoteParent,
  type SpanContextSource,
  traceEnvironment,
  traceHeaders,
} from './otel/context/carrier.js';
export { TickscopeMetricReader } from './otel/metric-reader.js';
export {
  ConsistentParentSampler,
  type ConsistentParentSamplerOptions,
} from './otel/sampling/consistent-parent-sampler.js';
export { RecordAlwaysSampler } from './otel/sampling/record-always-sampler.js';
export type { SamplerLike, SamplingAnswer } from './otel/sampling/sampler.js';
export { StageRatioSampler, type StageRatioSamplerOptions } from './otel/sampling/stage-ratio-sampler.js';
export { TickscopeSpanProcessor } from './otel/span-processor.js';
export type { TickscopeSpanProcessorOptions } from './otel/span-processor-options.js';
export { register } from './register.js';
