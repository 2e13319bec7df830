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
export { TickscopeSpanProcessor } from './otel/span-processor.js';
export type { TickscopeSpanProcessorOptions } from './otel/span-processor-options.js';
export { StageRatioSampler, type StageRatioSamplerOptions } from './otel/stage-ratio-sampler.js';
export { register } from './register.js';
