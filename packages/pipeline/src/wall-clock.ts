/**
 * Where `performance.now() === 0` lies on the wall clock. `Date.now()` is cut to the millisecond, so that a
 * single difference is up to 1 ms too low; the maximum over the last seconds is not. A step of the wall
 * clock (NTP, an operator) is followed at once, a slow drift within two windows.
 */
const WINDOW_MILLIS = 10_000;
const STEP_MILLIS = 2;

export class WallClock {
  #current = Number.NEGATIVE_INFINITY;
  #previous = Number.NEGATIVE_INFINITY;
  #windowStart = 0;
  /** As it was last asked for. */
  #latest = { micros: 0, nanos: 0n };

  /** To be called often: every observation can only improve the estimate. */
  observe(wallMillis = Date.now(), monotonicMillis = performance.now()): void {
    const origin = wallMillis - monotonicMillis;
    if (Math.abs(origin - this.#origin) > STEP_MILLIS) {
      this.#current = origin;
      this.#previous = origin;
      this.#windowStart = monotonicMillis;
    } else if (monotonicMillis - this.#windowStart > WINDOW_MILLIS) {
      this.#previous = this.#current;
      this.#current = origin;
      this.#windowStart = monotonicMillis;
    } else if (origin > this.#current) {
      this.#current = origin;
    }
  }

  /** Unix nanoseconds of `performance.now() === 0`; an anchor, to be added to in integers. */
  get originUnixNanos(): bigint {
    this.observe();
    const micros = Math.round(this.#origin * 1000);
    if (micros !== this.#latest.micros) this.#latest = { micros, nanos: BigInt(micros) * 1000n };
    return this.#latest.nanos;
  }

  get #origin(): number {
    return Math.max(this.#current, this.#previous);
  }
}
