/** Both ends of the ring that carries spans of OpenTelemetry's API: one writer, one reader, frames of any length. */
import {
  H_SPAN_RING_AT,
  H_SPAN_RING_BYTES,
  S_PUBLISHED,
  S_READ,
  S_READ_SEEN,
  S_SPANS_TAKEN,
  S_SPANS_WRITTEN,
  SPAN_FRAME_MAX_WORDS,
  SPAN_FRAME_PAD,
  SPAN_FRAME_SPAN,
  SPAN_FRAME_TYPE_SHIFT,
  SPAN_RING_CONTROL_BYTES,
} from './layout.js';
import type { Region } from './region.js';

const SIZE_MASK = (1 << SPAN_FRAME_TYPE_SHIFT) - 1;

export interface SpanRingWriter {
  /** Int32 index of room for a frame of any size; -1 when there is none. */
  place(): number;
  /** Publishes the frame of `words` words that was written at this index. */
  publish(at: number, words: number, type: number): void;
}

export function bindSpanRingWriter({ i32, f64 }: Region): SpanRingWriter {
  const control = i32[H_SPAN_RING_AT] >> 2;
  const counts = i32[H_SPAN_RING_AT] >> 3;
  const base = (i32[H_SPAN_RING_AT] + SPAN_RING_CONTROL_BYTES) >> 2;
  const capacity = i32[H_SPAN_RING_BYTES] >> 2;
  const mask = capacity - 1;

  /** The reader's position is read only when the ring looks full. */
  function hasRoomUpTo(next: number): boolean {
    if (((next - i32[control + S_READ_SEEN]) | 0) <= capacity) return true;
    const read = Atomics.load(i32, control + S_READ);
    i32[control + S_READ_SEEN] = read;
    return ((next - read) | 0) <= capacity;
  }

  return {
    place() {
      if (capacity === 0) return -1;
      const position = i32[control + S_PUBLISHED];
      const index = position & mask;
      const left = capacity - index;
      if (left >= SPAN_FRAME_MAX_WORDS) {
        return hasRoomUpTo((position + SPAN_FRAME_MAX_WORDS) | 0) ? base + index : -1;
      }
      if (!hasRoomUpTo((position + left + SPAN_FRAME_MAX_WORDS) | 0)) return -1;
      i32[base + index] = left | (SPAN_FRAME_PAD << SPAN_FRAME_TYPE_SHIFT);
      Atomics.store(i32, control + S_PUBLISHED, (position + left) | 0);
      return base;
    },
    publish(at, words, type) {
      i32[at] = words | (type << SPAN_FRAME_TYPE_SHIFT);
      if (type === SPAN_FRAME_SPAN) f64[counts + S_SPANS_WRITTEN]++;
      Atomics.store(i32, control + S_PUBLISHED, (i32[control + S_PUBLISHED] + words) | 0);
    },
  };
}

/** The reading end. Its position lives in shared memory: a new worker goes on where the last one stopped. */
export class SpanRingReader {
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;
  readonly #control: number;
  readonly #base: number;
  readonly #capacity: number;

  constructor({ i32, f64 }: Region) {
    this.#i32 = i32;
    this.#f64 = f64;
    this.#control = i32[H_SPAN_RING_AT] >> 2;
    this.#base = (i32[H_SPAN_RING_AT] + SPAN_RING_CONTROL_BYTES) >> 2;
    this.#capacity = i32[H_SPAN_RING_BYTES] >> 2;
  }

  get spansWritten(): number {
    return this.#f64[(this.#control >> 1) + S_SPANS_WRITTEN];
  }

  /** By whichever reader. */
  get spansTaken(): number {
    return this.#f64[(this.#control >> 1) + S_SPANS_TAKEN];
  }

  /** Share of the ring that is published and not yet read, 0…1. */
  get fill(): number {
    if (this.#capacity === 0) return 0;
    const published = Atomics.load(this.#i32, this.#control + S_PUBLISHED);
    return ((published - this.#i32[this.#control + S_READ]) >>> 0) / this.#capacity;
  }

  /** Where the ring ends at present: what is written later lies behind it. */
  get end(): number {
    return Atomics.load(this.#i32, this.#control + S_PUBLISHED);
  }

  /** A copy of the next frame before `end`; undefined when there is none. */
  next(end = this.end): Int32Array | undefined {
    const i32 = this.#i32;
    let position = i32[this.#control + S_READ];
    while (position !== end) {
      const at = this.#base + (position & (this.#capacity - 1));
      const words = i32[at] & SIZE_MASK;
      const type = i32[at] >>> SPAN_FRAME_TYPE_SHIFT;
      const frame = type === SPAN_FRAME_PAD ? undefined : new Int32Array(i32.subarray(at, at + words));
      if (type === SPAN_FRAME_SPAN) this.#f64[(this.#control >> 1) + S_SPANS_TAKEN]++;
      position = (position + words) | 0;
      // Last: the writer may use the words before this position again from now on.
      Atomics.store(i32, this.#control + S_READ, position);
      if (frame !== undefined) return frame;
    }
    return undefined;
  }
}
