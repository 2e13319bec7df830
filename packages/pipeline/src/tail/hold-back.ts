/**
 * Where kept ticks wait for what is learned late about them, such as garbage collection entries, which the
 * runtime reports after the fact.
 */
import type { ApiSpanRecord } from '@tickscope/core/internal';
import { Fifo } from '../fifo.js';
import type { KeptTick } from '../kept-tick.js';

interface HoldBackOptions {
  /** How long a tick waits. */
  readonly holdBackMillis: number;
  /** Bounds; the oldest ticks are released early to keep them. */
  readonly maxTicks: number;
  readonly maxSpans: number;
}

interface Waiting {
  readonly kept: KeptTick;
  readonly dueMillis: number;
}

export class HoldBack {
  readonly #options: HoldBackOptions;
  readonly #onRelease: (kept: KeptTick) => void;
  readonly #waiting = new Fifo<Waiting>();
  readonly #byTick = new Map<string, KeptTick>();
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

  /** @param isFound for `supplement`; most need not be, and cost nothing for it. */
  add(kept: KeptTick, nowMillis: number, isFound = false): void {
    this.#waiting.push({ kept, dueMillis: nowMillis + this.#options.holdBackMillis });
    if (isFound) this.#byTick.set(keyOf(kept.lane, kept.sequence), kept);
    this.#spans += kept.spans;
    while (this.#waiting.length > this.#options.maxTicks || this.#spans > this.#options.maxSpans) {
      this.#releasedEarly++;
      this.#releaseOldest();
    }
  }

  /** Adds to a span of a tick that waits. @returns false when it does not wait here. */
  supplement(supplement: ApiSpanRecord): boolean {
    const kept = this.#byTick.get(keyOf(supplement.lane, supplement.tickSequence));
    if (kept === undefined) return false;
    kept.supplements ??= [];
    kept.supplements.push(supplement);
    return true;
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
    if (this.#byTick.size > 0) this.#byTick.delete(keyOf(oldest.kept.lane, oldest.kept.sequence));
    this.#onRelease(oldest.kept);
  }
}

function keyOf(lane: number, sequence: number): string {
  return `${lane}:${sequence}`;
}
