/** Token bucket. Times are milliseconds of any monotonic clock, the same for every call. */
export class RateBudget {
  readonly burst: number;
  #perSecond: number;
  #tokens: number;
  #updatedAt: number;

  constructor(perSecond: number, burst: number, nowMillis: number) {
    this.burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
    this.#updatedAt = nowMillis;
  }

  /** Takes one request's worth; false when there is none. */
  take(nowMillis: number): boolean {
    this.#refill(nowMillis);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Another rate from now on; a lower one also empties the bucket, as a venue in distress does. */
  setRate(perSecond: number, nowMillis: number): void {
    this.#refill(nowMillis);
    if (perSecond < this.#perSecond) this.#tokens = 0;
    this.#perSecond = perSecond;
  }

  /** Answer headers that tell a client where it stands. */
  headers(nowMillis: number): Record<string, string> {
    this.#refill(nowMillis);
    const missing = this.burst - this.#tokens;
    const resetMillis = this.#perSecond > 0 ? (missing / this.#perSecond) * 1000 : 60_000;
    return {
      'x-ratelimit-limit': String(this.burst),
      'x-ratelimit-remaining': String(Math.floor(this.#tokens)),
      'x-ratelimit-reset-ms': String(Math.ceil(resetMillis)),
    };
  }

  #refill(nowMillis: number): void {
    const earned = ((nowMillis - this.#updatedAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.burst, this.#tokens + earned);
    this.#updatedAt = nowMillis;
  }
}
