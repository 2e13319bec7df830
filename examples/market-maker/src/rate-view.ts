/** What the venue's answers tell about the request budget, carried on between them. */
export class RateView {
  #remaining = Number.POSITIVE_INFINITY;
  #limit = Number.POSITIVE_INFINITY;
  #perMillisecond = 0;
  #seenAt = 0;

  /** Reads the budget headers of an answer; leaves the estimate alone when there are none. */
  update(headers: Readonly<Record<string, string | string[] | undefined>>, nowMillis: number): void {
    const limit = Number(headers['x-ratelimit-limit']);
    const remaining = Number(headers['x-ratelimit-remaining']);
    const resetMillis = Number(headers['x-ratelimit-reset-ms']);
    if (!Number.isFinite(limit + remaining + resetMillis)) return;
    this.#limit = limit;
    this.#remaining = remaining;
    this.#perMillisecond = resetMillis > 0 ? (limit - remaining) / resetMillis : 0;
    this.#seenAt = nowMillis;
  }

  /** A request is on its way: its answer will bring the venue's own figure. */
  spend(): void {
    this.#remaining -= 1;
  }

  /** Requests that may be sent now; infinite until the first answer. */
  estimate(nowMillis: number): number {
    const earned = (nowMillis - this.#seenAt) * this.#perMillisecond;
    return Math.min(this.#limit, this.#remaining + earned);
  }
}
