/**
 * How many spans per second may be kept: a token bucket of one second's worth, in which a reason may only
 * use its share and the rest is reserved for more important ones.
 *
 *     deadline_miss 100 %   failure 95 %   guard_trip 90 %   unfinished 85 %   golden 80 %   ratio 75 %
 *
 * A share bounds what a reason finds in the bucket, not its rate: alone, `ratio` may keep a burst of 75 %
 * of a second's budget and then the full budget every second. Under lasting overload by misses the level
 * stays below the shares of the others, so that the less important give way first and altogether.
 *
 * Within any T seconds at most (T + 1) seconds' budget is kept. The exception is a tick that is larger than
 * its reason's share: it may overdraw a full bucket, since otherwise a budget smaller than a single tick
 * would keep nothing, however long one waits. What was overdrawn is refilled first.
 */
import type { KeepReason } from '../protocol.js';

const RESERVED_PERCENT: Readonly<Record<KeepReason, number>> = {
  deadline_miss: 0,
  failure: 5,
  guard_trip: 10,
  unfinished: 15,
  golden: 20,
  ratio: 25,
};

export class SpanBudget {
  readonly #spansPerSecond: number;
  readonly #nowMillis: () => number;
  #available: number;
  #refilledAtMillis: number;

  /** @param spansPerSecond finite; 0 keeps nothing. */
  constructor(spansPerSecond: number, nowMillis: () => number) {
    this.#spansPerSecond = spansPerSecond;
    this.#nowMillis = nowMillis;
    this.#available = spansPerSecond;
    this.#refilledAtMillis = nowMillis();
  }

  /**
   * Takes `spans` from the budget if the first, the most important, of the reasons may; false when the
   * tick is to be dropped as `span_budget`.
   */
  tryTake(keptBy: readonly KeepReason[], spans: number): boolean {
    if (this.#spansPerSecond <= 0) return false;
    this.#refill();
    const reserved = (RESERVED_PERCENT[keptBy[0]] * this.#spansPerSecond) / 100;
    if (this.#available < Math.min(reserved + spans, this.#spansPerSecond)) return false;
    this.#available -= spans;
    return true;
  }

  #refill(): void {
    const nowMillis = this.#nowMillis();
    const elapsedMillis = nowMillis - this.#refilledAtMillis;
    if (elapsedMillis <= 0) return;
    this.#refilledAtMillis = nowMillis;
    this.#available = Math.min(
      this.#spansPerSecond,
      this.#available + (elapsedMillis * this.#spansPerSecond) / 1000,
    );
  }
}
