/** A tick that tail sampling has kept, on its way through hold-back, store and export. */
import type { LateSpanRecord, TickRecord } from '@tickscope/core/internal';
import type { KeepReason, KeptTickSummaryJson } from './protocol.js';

export interface KeptTick {
  readonly tick: TickRecord;
  /** Every reason that applies, most important first; never empty. */
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
