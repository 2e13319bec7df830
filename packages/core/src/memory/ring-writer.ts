import {
  BOUNDARY_COUNT,
  F_ORDINAL_WORD,
  F_SIZE_WORD,
  F_UNITS_BEFORE,
  type OverflowStrategy,
  R_BOUNDARIES,
  R_CAPACITY,
  R_FRAMES_WRITTEN,
  R_INTENT,
  R_OVERWRITES,
  R_PUBLISHED,
  R_READ,
  R_READ_SEEN,
  R_SEGMENT_SHIFT,
  R_UNITS_WRITTEN,
  RING_CONTROL_BYTES,
  SLOT_DOUBLES,
} from './layout.js';
import type { Region } from './region.js';

/**
 * Copies a frame of `slots` slots that starts at double `source` into the ring whose control block is at
 * byte `at` of the same region. The copy has its ordinal and the units before it.
 * @returns false when the frame was refused (`drop` only).
 */
export type WriteFrame = (at: number, source: number, slots: number) => boolean;

/** For whoever allocates a region, before anything reads or writes it. */
export function initializeRing(i32: Int32Array, at: number, slots: number, overflow: OverflowStrategy): void {
  const control = at / 4;
  i32[control + R_CAPACITY] = slots;
  i32[control + R_SEGMENT_SHIFT] = Math.max(0, Math.log2(slots) - Math.log2(BOUNDARY_COUNT));
  i32[control + R_OVERWRITES] = overflow === 'overwrite' ? 1 : 0;
}

/**
 * The writing end of a region's rings, each with one writer and one reader.
 *
 * `drop`: a frame that does not fit is refused; one sequentially consistent store publishes a frame.
 * `overwrite` (after Agrona's broadcast buffer): the *intent* position is stored before a frame is written
 * and the *published* one after it, so that a reader that has been lapped can tell, after copying, that
 * what it copied may be torn. Frames differ in length; a table of boundaries, one for each 64th of the
 * ring, lets a lapped reader resume at the oldest frame that is safe instead of skipping to the newest.
 *
 * One function for both rings, its state in their control blocks: a second closure from the same place
 * would cost both the constants that the compiler embeds.
 */
export function bindWriteFrame({ i32, f64 }: Region): WriteFrame {
  function hasRoomUpTo(control: number, next: number, capacity: number): boolean {
    // The reader's position is read only when the ring looks full.
    if (((next - i32[control + R_READ_SEEN]) | 0) <= capacity) return true;
    const read = Atomics.load(i32, control + R_READ);
    i32[control + R_READ_SEEN] = read;
    return ((next - read) | 0) <= capacity;
  }

  function markBoundaries(control: number, position: number, next: number): void {
    const shift = i32[control + R_SEGMENT_SHIFT];
    // Also of segments that the frame covers whole: an old entry would look fresh again 2^32 slots later.
    const last = (next >>> shift) & (BOUNDARY_COUNT - 1);
    let segment = (position >>> shift) & (BOUNDARY_COUNT - 1);
    while (segment !== last) {
      segment = (segment + 1) & (BOUNDARY_COUNT - 1);
      i32[control + R_BOUNDARIES + segment] = next;
    }
  }

  return (at, source, slots) => {
    const control = at >> 2;
    const counts = at >> 3;
    const capacity = i32[control + R_CAPACITY];
    const overwrites = i32[control + R_OVERWRITES] !== 0;
    const position = i32[control + R_PUBLISHED];
    const next = (position + slots) | 0;
    if (overwrites) Atomics.store(i32, control + R_INTENT, next);
    else if (!hasRoomUpTo(control, next, capacity)) return false;
    const frames = f64[counts + R_FRAMES_WRITTEN];
    const units = f64[counts + R_UNITS_WRITTEN];
    f64[counts + R_FRAMES_WRITTEN] = frames + 1;
    f64[counts + R_UNITS_WRITTEN] = units + (i32[source * 2 + F_SIZE_WORD] >>> 16);
    const base = (at + RING_CONTROL_BYTES) >> 3;
    const mask = capacity - 1;
    for (let slot = 0, from = source; slot < slots; slot++, from += SLOT_DOUBLES) {
      const to = base + ((position + slot) & mask) * SLOT_DOUBLES;
      f64[to] = f64[from];
      f64[to + 1] = f64[from + 1];
      f64[to + 2] = f64[from + 2];
      f64[to + 3] = f64[from + 3];
    }
    // Into the copy: the source's words hold what its slot needs.
    const header = base + ((position + 1) & mask) * SLOT_DOUBLES - SLOT_DOUBLES;
    f64[header + F_UNITS_BEFORE] = units;
    i32[header * 2 + F_ORDINAL_WORD] = frames | 0;
    if (overwrites) markBoundaries(control, position, next);
    Atomics.store(i32, control + R_PUBLISHED, next);
    return true;
  };
}
