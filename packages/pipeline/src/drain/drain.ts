import type { FrameFacts, FrameView, RegionReader } from '@tickscope/core/internal';

/** What a drained frame came from, and the sampling that held when it was read. */
export interface DrainedFrame {
  readonly reader: RegionReader;
  readonly view: FrameView;
  readonly facts: FrameFacts;
  readonly threshold: number;
}

/** How long one turn may take before the worker's other duties get theirs. */
const TURN_MILLIS = 4;
const FRAMES_PER_CLOCK_READ = 256;
const SPANS_PER_CLOCK_READ = 64;
const RECENT_MILLIS = 60_000;

/**
 * Empties the rings of every lane. Frames are handed on in place: what wants to keep one decodes it before
 * it returns.
 */
export class Drain {
  readonly #readers: RegionReader[] = [];
  readonly #onFrame: (frame: DrainedFrame) => void;
  readonly #onSpan: (reader: RegionReader, frame: Int32Array) => void;
  #first = 0;
  #lastEmptyMillis = performance.now();
  #longestGapMillis = 0;
  #recentGap = { millis: 0, atMillis: 0 };

  /** @param onSpan gets frames of the span ring; they are copies. */
  constructor(
    onFrame: (frame: DrainedFrame) => void,
    onSpan: (reader: RegionReader, frame: Int32Array) => void = () => {},
  ) {
    this.#onFrame = onFrame;
    this.#onSpan = onSpan;
  }

  get readers(): readonly RegionReader[] {
    return this.#readers;
  }

  add(reader: RegionReader): void {
    this.#readers.push(reader);
  }

  remove(reader: RegionReader): void {
    const index = this.#readers.indexOf(reader);
    if (index >= 0) this.#readers.splice(index, 1);
  }

  /** Of the fullest ring, 0…1. */
  get fill(): number {
    let fill = 0;
    for (const { ring, priorityRing, spanRing } of this.#readers) {
      fill = Math.max(fill, ring.fill, priorityRing.fill, spanRing.fill);
    }
    return fill;
  }

  /** Reads for a turn at most. @returns true when the rings were empty at its end. */
  turn(): boolean {
    const started = performance.now();
    const gap = started - this.#lastEmptyMillis;
    this.#longestGapMillis = Math.max(this.#longestGapMillis, gap);
    if (gap >= this.recentLongestGapMillis) this.#recentGap = { millis: gap, atMillis: started };
    let isEmpty = true;
    // Another lane goes first each time: a busy one may take the whole turn.
    this.#first = (this.#first + 1) % Math.max(1, this.#readers.length);
    for (let index = 0; index < this.#readers.length; index++) {
      const reader = this.#readers[(this.#first + index) % this.#readers.length];
      isEmpty = this.#read(reader, started + TURN_MILLIS) && isEmpty;
      isEmpty = this.#readSpans(reader, performance.now() + TURN_MILLIS) && isEmpty;
    }
    this.#lastEmptyMillis = performance.now();
    return isEmpty;
  }

  /**
   * Reads what was published before the call, for a flush: somebody waits, while other threads may go on
   * writing as fast as this one reads.
   */
  finish(limitMillis: number): boolean {
    const deadline = performance.now() + limitMillis;
    const targets = this.#readers.map((reader) => ({ reader, spans: spansPublished(reader) }));
    while (!this.turn() && targets.some(({ reader, spans }) => reader.spansTaken < spans)) {
      if (performance.now() > deadline) return false;
    }
    return true;
  }

  /** The longest time between two turns that the last minute has seen. */
  get recentLongestGapMillis(): number {
    return performance.now() - this.#recentGap.atMillis > RECENT_MILLIS ? 0 : this.#recentGap.millis;
  }

  /** The longest time between two turns since the last call. */
  takeLongestGapMillis(): number {
    const gap = Math.max(this.#longestGapMillis, performance.now() - this.#lastEmptyMillis);
    this.#longestGapMillis = 0;
    return gap;
  }

  #read(reader: RegionReader, deadline: number): boolean {
    const { decoder } = reader;
    const threshold = reader.samplingThreshold;
    const sampling = { threshold };
    for (let frames = 1; ; frames++) {
      const view = reader.nextFrame();
      if (view === undefined) return true;
      const facts = decoder.facts(view, sampling);
      // A span that ended after its tick is decided like it. That tick, if urgent, may have come by the other ring since
      // that was looked at.
      if (!facts.isTick) this.#readUrgent(reader, threshold);
      this.#onFrame({ reader, view, threshold, facts });
      if (frames % FRAMES_PER_CLOCK_READ === 0 && performance.now() > deadline) return false;
    }
  }

  /** After the ticks that were published before them, so that most find theirs decided. */
  #readSpans(reader: RegionReader, deadline: number): boolean {
    const { spanRing } = reader;
    const { end } = spanRing;
    for (let frames = 1; ; frames++) {
      const frame = spanRing.next(end);
      if (frame === undefined) return spanRing.end === end;
      this.#onSpan(reader, frame);
      if (frames % SPANS_PER_CLOCK_READ === 0 && performance.now() > deadline) return false;
    }
  }

  #readUrgent(reader: RegionReader, threshold: number): void {
    const { decoder, priorityRing } = reader;
    while (priorityRing.next()) {
      const { view } = priorityRing;
      this.#onFrame({ reader, view, threshold, facts: decoder.facts(view, { threshold }) });
    }
  }
}

function spansPublished({ ring, priorityRing, spanRing }: RegionReader): number {
  return ring.unitsWritten + priorityRing.unitsWritten + spanRing.spansWritten;
}
