import type { Mode } from '@tickscope/core';
import type { SpanLimits } from '@tickscope/core/internal';
import type { OtlpMetricsSettings, OtlpSettings, ServerSettings } from '@tickscope/pipeline';
import type { PropagatorName } from './propagation.js';
import type { ResourceAttributes } from './resource.js';

/** The configuration in force: deeply frozen, everything decided, the origin of every value at hand. */
export interface ResolvedConfig {
  /** False when a kill switch is thrown: then `mode` is `off` and nothing is to be started. */
  readonly enabled: boolean;
  readonly mode: Mode;
  readonly service: string;
  readonly resource: ResourceAttributes;
  readonly constantLabels: Readonly<Record<string, string>>;
  readonly exemplars: boolean;
  readonly stages: readonly string[];
  readonly guardReasons: readonly string[];
  readonly deadlineMillis: number | undefined;
  /** As configured: what `sampled` uses, now or after `setMode('sampled')`. */
  readonly sampleRatio: number;
  readonly goldenInterval: number;
  readonly holdBackMillis: number;
  readonly maxKeptSpansPerSecond: number;
  readonly maxStoredTicks: number;
  /** Symbols that have series of their own; 0 where they are not told apart. */
  readonly symbolLimit: number;
  readonly stuckAfterMillis: number;
  /** Undefined: no HTTP server. */
  readonly server: ServerSettings | undefined;
  /** Undefined: not sent. */
  readonly otlpTraces: OtlpSettings | undefined;
  readonly otlpMetrics: OtlpMetricsSettings | undefined;
  readonly exportQueue: {
    readonly maxSpans: number;
    readonly batchSpans: number;
    readonly scheduledDelayMillis: number;
    readonly maxConcurrentExports: number;
  };
  readonly pipeline: 'worker' | 'inline';
  readonly ring: { readonly slots: number; readonly overflow: 'drop' | 'overwrite' };
  readonly maxOpenTicks: number;
  readonly abandonAfterMillis: number;
  readonly flushTimeoutMillis: number;
  readonly ambientStages: boolean;
  readonly contextManager: boolean;
  readonly tracerProvider: 'auto' | 'off' | 'force';
  readonly spanLimits: SpanLimits;
  readonly propagators: readonly PropagatorName[];
  readonly propagateTo: readonly string[];
  readonly debugHandles: boolean;
  readonly onConfigError: 'throw' | 'disable';
  /**
   * By setting, as code spells it (`ring.slots`, `resource.service.name`): `code`, `detected`, `default`,
   * `environment OTEL_SERVICE_NAME` or `file ./tickscope.yaml:4`.
   */
  readonly origins: Readonly<Record<string, string>>;
  /** What was ignored or is not in effect, one line each, secrets redacted. */
  readonly warnings: readonly string[];
}
