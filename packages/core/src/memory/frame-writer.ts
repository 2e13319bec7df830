import {
  DROPPED_MAX,
  DROPPED_SHIFT,
  F_FLAGS_WORD,
  F_SIZE_WORD,
  FLAG_UNTRACED,
  FRAME_HEADER_SLOTS,
  FRAME_MAX_SLOTS,
  ONE_SPAN,
  PRIVATE_DOUBLES,
  SLOT_DOUBLES,
  tallyAt,
} from './layout.js';
import type { Region } from './region.js';

/** Appends spans to frames under construction. `at` is the double index of an in-flight slot. */
export interface FrameWriter {
  /**
   * A stage or wait, whose index follows from its place. Its first three doubles, start, end and head (see
   * `recordHead`; its parent is the root unless set afterwards), are the caller's to write: passed, they would be
   * boxed wherever the call is not inlined.
   * @returns the record's double index, or -1 when the frame is full.
   */
  appendStage(at: number): number;
  /** A span whose index was taken when it started. */
  appendSpan(at: number, head: number, startMillis: number, endMillis: number, index: number): number;
}

const PRIVATE_WORDS = PRIVATE_DOUBLES * 2;
const SPANS_TICK_LIMIT = tallyAt('spans_tick_limit');

export function bindFrameWriter({ f64, i32 }: Region): FrameWriter {
  function appendStage(at: number): number {
    const word = at * 2 + PRIVATE_WORDS + F_SIZE_WORD;
    const size = i32[word];
    const slots = size & 0xffff;
    if (slots >= FRAME_MAX_SLOTS) return refuse(at, size);
    i32[word] = size + ONE_SPAN;
    return at + PRIVATE_DOUBLES + slots * SLOT_DOUBLES;
  }

  function refuse(at: number, size: number): number {
    const frame = at * 2 + PRIVATE_WORDS;
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
    appendStage,
    appendSpan(at, head, startMillis, endMillis, index) {
      const record = appendStage(at);
      if (record >= 0) {
        f64[record] = startMillis;
        f64[record + 1] = endMillis;
        f64[record + 2] = head;
        i32[record * 2 + 6] = index;
        i32[record * 2 + 7] = 0;
      }
      return record;
    },
  };
}

/** The index of the stage whose record lies at this double index of the slot `at`; 0, the root, for a refused one. */
export function stageIndex(at: number, record: number): number {
  if (record < 0) return 0;
  return (record - at - PRIVATE_DOUBLES) / SLOT_DOUBLES - FRAME_HEADER_SLOTS + 1;
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
