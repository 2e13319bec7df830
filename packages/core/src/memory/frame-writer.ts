import {
  DROPPED_MAX,
  DROPPED_SHIFT,
  F_FLAGS_WORD,
  F_SIZE_WORD,
  FLAG_UNTRACED,
  FRAME_HEADER_SLOTS,
  FRAME_MAX_SLOTS,
  ONE_SPAN,
  SLOT_DOUBLES,
  tallyAt,
} from './layout.js';
import type { Region } from './region.js';

/**
 * Appends spans to frames under construction. `at` is the double index of the frame. A span's doubles
 * (start, end and head, see `recordHead`) are the caller's to write: passed, they would be boxed wherever the
 * call is not inlined, 16 bytes each. So a span is placed, written and committed.
 */
export interface FrameWriter {
  /** Finds room. @returns the record's double index, or -1, counted, when the frame is full. */
  placeSpan(at: number): number;
  /** Once the record is whole: the worker may be reading the frame, and takes as many records as its size says. */
  commitSpan(at: number): void;
}

const SPANS_TICK_LIMIT = tallyAt('spans_tick_limit');

export function bindFrameWriter({ f64, i32 }: Region): FrameWriter {
  function refuse(at: number, size: number): number {
    const frame = at * 2;
    const flags = i32[frame + F_FLAGS_WORD];
    if ((flags & FLAG_UNTRACED) !== 0) {
      // Not traced at all: only the number of its spans is kept, for the ledger.
      if (size >>> 16 < 0xffff) i32[frame + F_SIZE_WORD] = size + 0x1_0000;
      return -1;
    }
    f64[SPANS_TICK_LIMIT]++;
    if (flags >>> DROPPED_SHIFT < DROPPED_MAX) i32[frame + F_FLAGS_WORD] = flags + (1 << DROPPED_SHIFT);
    return -1;
  }

  return {
    placeSpan(at) {
      const size = i32[at * 2 + F_SIZE_WORD];
      const slots = size & 0xffff;
      return slots < FRAME_MAX_SLOTS ? at + slots * SLOT_DOUBLES : refuse(at, size);
    },
    commitSpan(at) {
      i32[at * 2 + F_SIZE_WORD] += ONE_SPAN;
    },
  };
}

/** The index of the stage whose record lies at this double index, in the frame at `at`; 0, the root, for a refused one. */
export function stageIndex(at: number, record: number): number {
  if (record < 0) return 0;
  return (record - at) / SLOT_DOUBLES - FRAME_HEADER_SLOTS + 1;
}

const headScratch = new Float64Array(1);
const headWords = new Int32Array(headScratch.buffer);

/**
 * A record's double 2 as a number, so that one store writes it. Its bits are two small integers: a denormal,
 * never computed with.
 */
export function recordHead(name: number, kind: number, parent = 0): number {
  headWords[0] = name | (kind << 16);
  headWords[1] = parent;
  return headScratch[0];
}
