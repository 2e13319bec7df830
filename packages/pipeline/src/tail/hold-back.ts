/**
 * Where kept ticks wait for what is learned late about them, such as garbage collection entries, which the
 * runtime reports after the fact.
 */
import { Fifo } from '../fifo.js';
import type { KeptTick } from '../kept-tick.js';

interface HoldBackOptions {
  /** How long a tick waits. */
  readonly holdBackMillis: number;
  /** Bounds; the oldest ticks are released early to keep them. */
  readonly maxTicks: number;
  readonly maxSpans: number;
}

export class HoldBack {
  readonly #options: HoldBackOptions;
  readonly #onRelease: (kept: KeptTick) => void;
  readonly #waiting = new Fifo<{ readonly kept: KeptTick; readonly dueMillis: number }>();
  #spans = 0;
  #releasedEarly = 0;

  /** @param onRelease gets every tick exactly once, in the order in which they were added. */
  constructor(options: HoldBackOptions, onRelease: (kept: KeptTick) => void) {
    this.#options = options;
    this.#onRelease = onRelease;
  }

  /** Spans that wait at present. */
  get spans(): number {
    return this.#spans;
  }

  get ticks(): number {
    return this.#waiting.length;
  }

  /** Ticks that a bound made leave before their time; they lack late information and nothing else. */
  get releasedEarly(): number {
    return this.#releasedEarly;
  }

  add(kept: KeptTick, nowMillis: number): void {
    this.#waiting.push({ kept, dueMillis: nowMillis + this.#options.holdBackMillis });
    this.#spans += kept.spans;
    while (this.#waiting.length > this.#options.maxTicks || this.#spans > this.#options.maxSpans) {
      this.#releasedEarly++;
      this.#releaseOldest();
    }
  }

  /** Releases the ticks whose time has come. */
  release(nowMillis: number): void {
    for (let next = this.#waiting.peek(); next !== undefined; next = this.#waiting.peek()) {
      if (next.dueMillis > nowMillis) return;
      this.#releaseOldest();
    }
  }

  /** Releases everything at once, for a flush. */
  drainAll(): void {
    while (this.#waiting.length > 0) this.#releaseOldest();
  }

  #releaseOldest(): void {
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return;
    this.#spans -= oldest.kept.spans;
    this.#onRelease(oldest.kept);
  }
}
