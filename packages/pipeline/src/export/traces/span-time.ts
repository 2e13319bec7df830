/**
 * From `performance.now()` milliseconds to wall-clock nanoseconds, in integers.
 *
 * A double of wall milliseconds resolves a quarter of a microsecond, which makes sub-millisecond stages
 * overlap. So the anchor is taken apart into seconds and nanoseconds once a trace, and of the milliseconds
 * whole and fraction are converted separately: the product in nanoseconds would leave the integers that a
 * double holds after 104 days.
 *
 * The conversion is monotonic: equal readings give equal nanoseconds, so that a span which starts where
 * another one ends does so in the trace, and parents contain the children that they contained.
 */
import type { HrTime } from '@opentelemetry/api';

const NANOS_PER_SECOND = 1_000_000_000;

export class SpanClock {
  readonly #originSeconds: number;
  readonly #originNanos: number;
  /** The end of a lap is the start of the next one. */
  #latestMillis = Number.NaN;
  #latest: HrTime = [0, 0];

  /** @param originUnixNanos wall clock of `performance.now() === 0`. */
  constructor(originUnixNanos: bigint) {
    this.#originSeconds = Number(originUnixNanos / 1_000_000_000n);
    this.#originNanos = Number(originUnixNanos % 1_000_000_000n);
  }

  /**
   * Rounded to the nearest nanosecond.
   * @throws RangeError when `millis` is not finite: the exporter would lose the whole batch over it.
   */
  toHrTime(millis: number): HrTime {
    if (millis === this.#latestMillis) return this.#latest;
    if (!Number.isFinite(millis)) throw new RangeError(`not a time: ${millis} ms`);
    const wholeMillis = Math.floor(millis);
    const wholeSeconds = Math.floor(wholeMillis / 1000);
    const nanos =
      this.#originNanos +
      (wholeMillis - wholeSeconds * 1000) * 1_000_000 +
      Math.round((millis - wholeMillis) * 1_000_000);
    const carry = Math.floor(nanos / NANOS_PER_SECOND);
    this.#latestMillis = millis;
    this.#latest = [this.#originSeconds + wholeSeconds + carry, nanos - carry * NANOS_PER_SECOND];
    return this.#latest;
  }
}

/** Exactly end − start. */
export function durationOf(start: HrTime, end: HrTime): HrTime {
  const nanos = end[1] - start[1];
  return nanos < 0 ? [end[0] - start[0] - 1, nanos + NANOS_PER_SECOND] : [end[0] - start[0], nanos];
}
