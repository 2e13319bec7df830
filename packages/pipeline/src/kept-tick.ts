/** A tick that tail sampling has kept, on its way through hold-back, store and export. */
import type { ApiSpanRecord, LateSpanRecord, TickRecord } from '@tickscope/core/internal';
import type { KeepReason, KeptTickSummaryJson } from './protocol.js';

export interface KeptTick {
  readonly tick: TickRecord;
  /** Every reason that applies, most important first; never empty. */
  readonly keptBy: readonly KeepReason[];
  /** What was added to its spans through OpenTelemetry's API. */
  readonly supplements?: readonly ApiSpanRecord[];
}

/** What spans that follow a tick need to know of its trace. */
export type TickTrace = Pick<
  TickRecord,
  'traceId' | 'remoteParent' | 'sampledByRatio' | 'samplingThreshold' | 'originUnixNanos'
>;

export function traceOf(tick: TickRecord): TickTrace {
  const { traceId, remoteParent, sampledByRatio, samplingThreshold, originUnixNanos } = tick;
  return { traceId, remoteParent, sampledByRatio, samplingThreshold, originUnixNanos };
}

/** A span that was made through OpenTelemetry's API. */
export interface KeptApiSpan {
  readonly span: ApiSpanRecord;
  /** Undefined: it is in no tick. */
  readonly trace: TickTrace | undefined;
  /** The reasons of its tick, or its own; never empty. */
  readonly keptBy: readonly KeepReason[];
}

export interface KeptLateSpan {
  readonly late: LateSpanRecord;
  /** The reasons of its tick, or its own when it had no tick; never empty. */
  readonly keptBy: readonly KeepReason[];
}

export type ExportState = KeptTickSummaryJson['exportState'];

/** Spans that a tick counts for in the ledger and in every bound: its root and its spans. */
export function spanCount(tick: TickRecord): number {
  return 1 + tick.spans.length;
}
