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
  dropped(reason: string, spans: number): void;
}

export class Ledger implements Verdicts {
  #exported = 0;
  #notExported = 0;
  #sampledOut = 0;
  readonly #dropped = new Map<string, number>();
  readonly #recordedSuppliers: SpanCountSupplier[] = [];
  readonly #droppedSuppliers = new Map<string, SpanCountSupplier[]>();
  readonly #inFlightSuppliers = new Map<string, SpanCountSupplier[]>();

  exported(spans: number): void {
    this.#exported += spans;
  }

  notExported(spans: number): void {
    this.#notExported += spans;
  }

  sampledOut(spans: number): void {
    this.#sampledOut += spans;
  }

  /** Reasons are a closed set in the code, so the map does not grow. */
  dropped(reason: string, spans: number): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + spans);
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
    const dropped: Record<string, number> = Object.fromEntries(this.#dropped);
    for (const [reason, suppliers] of this.#droppedSuppliers) {
      dropped[reason] = (dropped[reason] ?? 0) + total(suppliers);
    }
    const inFlight: Record<string, number> = {};
    for (const [place, suppliers] of this.#inFlightSuppliers) inFlight[place] = total(suppliers);
    return {
      recorded: total(this.#recordedSuppliers),
      exported: this.#exported,
      notExported: this.#notExported,
      sampledOut: this.#sampledOut,
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
