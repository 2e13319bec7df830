/**
 * What waits for export, bounded in spans, in order of importance.
 *
 * The most important entries leave first, among equals the oldest. When an entry does not fit, less
 * important ones give way to it, the least important first and among equals the oldest; when even all of
 * them would not make room, nothing is touched and the new entry is refused. Entries are whole: a tick is
 * exported or dropped with all its spans.
 */
import { Fifo } from '../../fifo.js';
import { KEEP_REASONS, type KeepReason } from '../../protocol.js';

export interface BacklogEntry {
  readonly spans: number;
  readonly keptBy: readonly KeepReason[];
  /** Ascending in the order of arrival. */
  readonly order: number;
}

export class ExportBacklog<T extends BacklogEntry> {
  readonly #maxSpans: number;
  /** One list for each reason, by importance. */
  readonly #lists = KEEP_REASONS.map(() => ({ entries: new Fifo<T>(), spans: 0 }));
  #spans = 0;

  constructor(maxSpans: number) {
    this.#maxSpans = maxSpans;
  }

  get spans(): number {
    return this.#spans;
  }

  /** False when the entry is refused. `onEvicted` gets every entry that gave way to it. */
  offer(entry: T, onEvicted: (evicted: T) => void): boolean {
    const rank = KEEP_REASONS.indexOf(entry.keptBy[0]);
    let excess = this.#spans + entry.spans - this.#maxSpans;
    if (excess > 0) {
      let evictable = 0;
      for (let below = rank + 1; below < this.#lists.length; below++) evictable += this.#lists[below].spans;
      if (evictable < excess) return false;
      for (let below = this.#lists.length - 1; excess > 0 && below > rank; below--) {
        for (let next = this.#shift(below); next !== undefined; next = this.#shift(below)) {
          excess -= next.spans;
          onEvicted(next);
          if (excess <= 0) break;
        }
      }
    }
    const list = this.#lists[rank];
    list.entries.push(entry);
    list.spans += entry.spans;
    this.#spans += entry.spans;
    return true;
  }

  /** Whole entries of together at most `maxSpans` spans; one entry even if it alone has more. */
  takeBatch(maxSpans: number): T[] {
    const batch: T[] = [];
    let spans = 0;
    for (let rank = 0; rank < this.#lists.length; rank++) {
      const { entries } = this.#lists[rank];
      for (let next = entries.peek(); next !== undefined; next = entries.peek()) {
        if (batch.length > 0 && spans + next.spans > maxSpans) return batch;
        this.#shift(rank);
        batch.push(next);
        spans += next.spans;
      }
    }
    return batch;
  }

  /** Removes everything that had arrived up to `order`. */
  removeUpTo(order: number, onRemoved: (removed: T) => void): void {
    for (let rank = 0; rank < this.#lists.length; rank++) {
      const { entries } = this.#lists[rank];
      for (let next = entries.peek(); next !== undefined && next.order <= order; next = entries.peek()) {
        this.#shift(rank);
        onRemoved(next);
      }
    }
  }

  /** Whether anything that had arrived up to `order` is still here. */
  holdsUpTo(order: number): boolean {
    return this.#lists.some(({ entries }) => (entries.peek()?.order ?? Number.POSITIVE_INFINITY) <= order);
  }

  #shift(rank: number): T | undefined {
    const list = this.#lists[rank];
    const entry = list.entries.shift();
    if (entry !== undefined) {
      list.spans -= entry.spans;
      this.#spans -= entry.spans;
    }
    return entry;
  }
}
