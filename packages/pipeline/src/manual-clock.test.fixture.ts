/** A clock that a test turns. */
import type { Clock } from './clock.js';

export class ManualClock implements Clock {
  #nowMillis = 0;
  #timers: { readonly dueMillis: number; readonly fn: () => void }[] = [];

  nowMillis(): number {
    return this.#nowMillis;
  }

  after(delayMillis: number, fn: () => void): () => void {
    const timer = { dueMillis: this.#nowMillis + delayMillis, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Runs what becomes due, in order of time, and whatever promises resolve meanwhile. */
  async advance(millis: number): Promise<void> {
    const untilMillis = this.#nowMillis + millis;
    for (;;) {
      await settled();
      const due = this.#timers
        .filter(({ dueMillis }) => dueMillis <= untilMillis)
        .sort((a, b) => a.dueMillis - b.dueMillis)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#nowMillis = Math.max(this.#nowMillis, due.dueMillis);
      due.fn();
    }
    this.#nowMillis = untilMillis;
  }
}

/** Resolves when the promise callbacks that are due have run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
