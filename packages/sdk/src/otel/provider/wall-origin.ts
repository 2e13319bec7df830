import { performance } from 'node:perf_hooks';

const INTERVAL_MILLIS = 1_000;
/** What cutting `Date.now()` to the millisecond can make of a difference. */
const GRAIN_MILLIS = 1;

/**
 * Where `performance.now() === 0` lies on the wall clock. `Date.now()` is cut to the millisecond, so a difference is
 * up to 1 ms too low and the greatest one is right; what differs by more is a step of the wall clock. One reading a
 * second, and one origin for each trace, so that its spans keep their order and width.
 */
export class WallOrigin {
  #millis = Date.now() - performance.now();
  #nextMillis = 0;
  #micros = 0;

  /** In force at `performance.now()` milliseconds; microseconds since 1970. */
  microsAt(nowMillis: number): number {
    if (nowMillis >= this.#nextMillis) this.#observe(nowMillis);
    return this.#micros;
  }

  #observe(nowMillis: number): void {
    this.#nextMillis = nowMillis + INTERVAL_MILLIS;
    const millis = Date.now() - performance.now();
    if (millis > this.#millis || millis < this.#millis - GRAIN_MILLIS) this.#millis = millis;
    this.#micros = Math.round(this.#millis * 1000);
  }
}
