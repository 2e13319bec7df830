/**
 * Exchange time: milliseconds since the start, standing still while paused. What is due runs in the order of
 * its due time, late but never out of order, so that what happens is a function of the seed and not of the
 * machine's timers.
 */
export class Timeline {
  #due: { readonly atMillis: number; readonly run: () => void }[] = [];
  #elapsedMillis = 0;
  #resumedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #currentMillis: number | undefined;

  /** While something runs: the time at which it was due. */
  get nowMillis(): number {
    if (this.#currentMillis !== undefined) return this.#currentMillis;
    if (this.#resumedAt === undefined) return this.#elapsedMillis;
    return this.#elapsedMillis + (performance.now() - this.#resumedAt);
  }

  get running(): boolean {
    return this.#resumedAt !== undefined;
  }

  /** Runs `run` once at `atMillis`; entries of the same time run in the order of their scheduling. */
  schedule(atMillis: number, run: () => void): void {
    let index = this.#due.length;
    while (index > 0 && this.#due[index - 1].atMillis > atMillis) index -= 1;
    this.#due.splice(index, 0, { atMillis, run });
    if (index === 0) this.#arm();
  }

  resume(): void {
    this.#resumedAt ??= performance.now();
    this.#arm();
  }

  pause(): void {
    this.#elapsedMillis = this.nowMillis;
    this.#resumedAt = undefined;
    clearTimeout(this.#timer);
  }

  /** Runs everything due until `untilMillis` at once: for tests that want no real time. */
  runUntil(untilMillis: number): void {
    while (this.#due.length > 0 && this.#due[0].atMillis <= untilMillis) {
      const next = this.#due.shift();
      this.#currentMillis = next?.atMillis;
      try {
        next?.run();
      } finally {
        this.#currentMillis = undefined;
      }
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (!this.running || this.#due.length === 0) return;
    this.#timer = setTimeout(() => {
      this.runUntil(this.nowMillis);
      this.#arm();
    }, this.#due[0].atMillis - this.nowMillis);
  }
}
