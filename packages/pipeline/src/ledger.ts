/**
 * The loss ledger: what became of every span that was recorded.
 *
 *     recorded = exported + notExported + sampledOut + sum(dropped) + sum(inFlight)
 *
 * Verdicts (exported, sampled out, dropped) are counted here as they fall. What was recorded and what the
 * ring lost is known to the writers' own cells, and what is in flight to the stages that hold it: these are
 * read from suppliers, each counted independently, so that the equation can fail when a stage loses a span.
 */
import type { LedgerJson } from './protocol.js';

/** A present count, in spans. Called whenever the ledger is read; must be cheap and must not throw. */
type SpanCountSupplier = () => number;

/** The part of the ledger that the stages write to. */
export interface Verdicts {
  exported(spans: number): void;
  notExported(spans: number): void;
  sampledOut(spans: number): void;
  dropped(reason: DropReason, spans: number): void;
}

/** Reasons for which the pipeline itself drops spans. A closed set: each has its place in the ledger's memory. */
const DROP_REASONS = [
  'span_budget',
  'export_queue_full',
  'export_failed',
  'rejected',
  'invalid_record',
  'shutdown',
  'tick_not_traced',
  'pending_full',
  'worker_restart',
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

const EXPORTED = 0;
const NOT_EXPORTED = 1;
const SAMPLED_OUT = 2;
const DROPPED = 3;
export const LEDGER_DOUBLES = DROPPED + DROP_REASONS.length;

export class Ledger implements Verdicts {
  /** Shared memory where a worker may be replaced: its successor goes on counting. */
  readonly #verdicts: Float64Array<ArrayBufferLike>;
  readonly #recordedSuppliers: SpanCountSupplier[] = [];
  readonly #droppedSuppliers = new Map<string, SpanCountSupplier[]>();
  readonly #inFlightSuppliers = new Map<string, SpanCountSupplier[]>();

  /** @param verdicts `LEDGER_DOUBLES` doubles, zero for a process that has just started. */
  constructor(verdicts: Float64Array<ArrayBufferLike> = new Float64Array(LEDGER_DOUBLES)) {
    this.#verdicts = verdicts;
  }

  exported(spans: number): void {
    this.#verdicts[EXPORTED] += spans;
  }

  notExported(spans: number): void {
    this.#verdicts[NOT_EXPORTED] += spans;
  }

  sampledOut(spans: number): void {
    this.#verdicts[SAMPLED_OUT] += spans;
  }

  dropped(reason: DropReason, spans: number): void {
    this.#verdicts[DROPPED + DROP_REASONS.indexOf(reason)] += spans;
  }

  /**
   * For a worker that replaces another: of the spans that its predecessor drained, those without a verdict
   * were in its hands when it ended.
   */
  settleRestart(drainedSpans: number): void {
    let settled = 0;
    for (const spans of this.#verdicts) settled += spans;
    this.dropped('worker_restart', Math.max(0, drainedSpans - settled));
  }

  /** Adds a source of recorded spans; several add up (one per trading thread). */
  supplyRecorded(supplier: SpanCountSupplier): void {
    this.#recordedSuppliers.push(supplier);
  }

  /** Adds a source of drops that are counted elsewhere, for example by the ring's writer. */
  supplyDropped(reason: string, supplier: SpanCountSupplier): void {
    append(this.#droppedSuppliers, reason, supplier);
  }

  /** Adds a place that holds spans: `ring`, `hold_back`, `export_queue`, `exporting`. */
  supplyInFlight(place: string, supplier: SpanCountSupplier): void {
    append(this.#inFlightSuppliers, place, supplier);
  }

  toJson(): LedgerJson {
    const dropped: Record<string, number> = {};
    for (const [index, reason] of DROP_REASONS.entries()) {
      const spans = this.#verdicts[DROPPED + index];
      if (spans > 0) dropped[reason] = spans;
    }
    for (const [reason, suppliers] of this.#droppedSuppliers) {
      dropped[reason] = (dropped[reason] ?? 0) + total(suppliers);
    }
    const inFlight: Record<string, number> = {};
    for (const [place, suppliers] of this.#inFlightSuppliers) inFlight[place] = total(suppliers);
    return {
      recorded: total(this.#recordedSuppliers),
      exported: this.#verdicts[EXPORTED],
      notExported: this.#verdicts[NOT_EXPORTED],
      sampledOut: this.#verdicts[SAMPLED_OUT],
      dropped,
      inFlight,
    };
  }

  /**
   * Recorded spans less all that is accounted for; 0 at quiescence. While the trading thread writes, its
   * cells and the ring are read one after the other, so that a difference of what was written in between
   * is to be expected.
   */
  balance(): number {
    const { recorded, exported, notExported, sampledOut, dropped, inFlight } = this.toJson();
    return recorded - exported - notExported - sampledOut - sumOf(dropped) - sumOf(inFlight);
  }
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

function total(suppliers: readonly SpanCountSupplier[]): number {
  let sum = 0;
  for (const supplier of suppliers) sum += supplier();
  return sum;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
