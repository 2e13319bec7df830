/**
 * Spans of OpenTelemetry's API that wait for the decision about their tick. Bounded: beyond it those of the tick
 * that has waited longest go.
 */
export interface PendingSpan {
  readonly frame: Int32Array;
  readonly isSupplement: boolean;
  /** The tick had ended before the span did. */
  readonly isAfterTick: boolean;
}

interface PendingTick {
  readonly lane: number;
  readonly sequence: number;
  readonly sinceMillis: number;
  readonly spans: PendingSpan[];
  words: number;
  /** Its tick was not open when that was last looked at. */
  isSuspect: boolean;
}

export class PendingSpans {
  readonly #maxWords: number;
  readonly #onEvicted: (spans: readonly PendingSpan[]) => void;
  /** In order of the first span of each. */
  readonly #ticks = new Map<string, PendingTick>();
  #words = 0;
  #spans = 0;

  constructor(maxWords: number, onEvicted: (spans: readonly PendingSpan[]) => void) {
    this.#maxWords = maxWords;
    this.#onEvicted = onEvicted;
  }

  /** Spans that wait; supplements are none. */
  get spans(): number {
    return this.#spans;
  }

  get ticks(): number {
    return this.#ticks.size;
  }

  add(lane: number, sequence: number, span: PendingSpan, nowMillis: number): void {
    const key = `${lane}:${sequence}`;
    let tick = this.#ticks.get(key);
    if (tick === undefined) {
      tick = { lane, sequence, sinceMillis: nowMillis, spans: [], words: 0, isSuspect: false };
      this.#ticks.set(key, tick);
    }
    tick.spans.push(span);
    tick.words += span.frame.length;
    this.#words += span.frame.length;
    if (!span.isSupplement) this.#spans++;
    while (this.#words > this.#maxWords) {
      const [oldest] = this.#ticks.values();
      this.#onEvicted(this.#remove(oldest));
    }
  }

  /** Removes and returns what waits for this tick. */
  take(lane: number, sequence: number): readonly PendingSpan[] {
    const tick = this.#ticks.get(`${lane}:${sequence}`);
    return tick === undefined ? [] : this.#remove(tick);
  }

  /**
   * Removes and returns what waits for ticks that nothing will be heard of: not open at the last call, and nothing
   * read of them since. To be called when the rings have been read to their end since the last call.
   * @param isOpen whether a tick was open before they were.
   */
  takeLost(isOpen: (lane: number, sequence: number) => boolean, olderThanMillis: number): PendingSpan[] {
    const lost: PendingSpan[] = [];
    for (const tick of [...this.#ticks.values()]) {
      if (tick.sinceMillis > olderThanMillis) break;
      if (isOpen(tick.lane, tick.sequence)) tick.isSuspect = false;
      else if (tick.isSuspect) lost.push(...this.#remove(tick));
      else tick.isSuspect = true;
    }
    return lost;
  }

  #remove(tick: PendingTick): readonly PendingSpan[] {
    this.#ticks.delete(`${tick.lane}:${tick.sequence}`);
    this.#words -= tick.words;
    for (const { isSupplement } of tick.spans) if (!isSupplement) this.#spans--;
    return tick.spans;
  }
}
