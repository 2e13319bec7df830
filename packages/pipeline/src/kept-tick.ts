/** A tick that tail sampling has kept, on its way through hold-back, store and export. */
import type { ApiSpanRecord, LateSpanRecord, TickRecord } from '@tickscope/core/internal';
import type { KeepReason, KeptTickSummaryJson } from './protocol.js';

export interface KeptTick {
  /** The tick's own, together unique in the process. */
  readonly lane: number;
  readonly sequence: number;
  /** May be decoded anew by every access: take it once. */
  readonly tick: TickRecord;
  /** Spans that it counts for in the ledger and in every bound: its root and its spans. */
  readonly spans: number;
  /** Every reason that applies, most important first; never empty. */
  readonly keptBy: readonly KeepReason[];
  /** What has become of it. */
  exportState: ExportState;
  /** What was added to its spans through OpenTelemetry's API while it was held back. */
  supplements?: ApiSpanRecord[];
}

/** What spans that follow a tick need to know of its trace. */
export type TickTrace = Pick<
  TickRecord,
  'traceId' | 'remoteParent' | 'sampledByRatio' | 'samplingThreshold' | 'originUnixNanos'
>;

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

/** One whose record is there already. */
export function keptRecord(tick: TickRecord, keptBy: readonly KeepReason[]): KeptTick {
  const { lane, sequence } = tick;
  return { lane, sequence, tick, spans: 1 + tick.spans.length, keptBy, exportState: 'queued' };
}
